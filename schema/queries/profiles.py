"""The quality profile of a client's texts."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import Client
from schema.vtt.profiles import key_of


async def of_client(session: AsyncSession, client_id: UUID, deployment: str) -> str:
    """The key for `profile_of`: of the client's own profile, or else the deployment's."""
    unscoped("of the client of a job that a guard or a workflow handed over")
    own = await session.scalar(sa.select(col(Client.profile)).where(col(Client.id) == client_id))
    return key_of(own["base"], own["limits"]) if own else deployment
