"""The style guide of a job's descriptions."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import Client, Job


async def of_job(session: AsyncSession, job_id: UUID) -> str:
    """The client's style followed by the job's own, which takes precedence; empty if there is neither."""
    unscoped("a worker asks about the job that it works on")
    found = await session.execute(
        sa.select(col(Client.style), col(Job.style))
        .join(Client, col(Client.id) == col(Job.client_id))
        .where(col(Job.id) == job_id)
    )
    return "\n\n".join(said.strip() for row in found for said in row if said.strip())
