"""Microsoft accounts for signing in, and used ID tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import Identity, SpentToken, User


async def spend(session: AsyncSession, token_hash: str, forget_at: int) -> bool:
    """Marks a token as used. Returns whether it was new. `forget_at` is in seconds since 1970."""
    expires_at = datetime.fromtimestamp(forget_at, UTC)
    statement = insert(SpentToken).values(
        **SpentToken(token_hash=token_hash, expires_at=expires_at).model_dump()
    )
    made = await session.scalar(statement.on_conflict_do_nothing().returning(col(SpentToken.id)))
    return made is not None


async def user_of(session: AsyncSession, tenant_id: str, object_id: str) -> User | None:
    """The user who may sign in with a Microsoft account."""
    unscoped("whoever signs in")
    return await session.scalar(
        sa.select(User)
        .join(Identity, col(Identity.user_id) == col(User.id))
        .where(
            col(Identity.tenant_id) == tenant_id,
            col(Identity.object_id) == object_id,
            col(User.deleted_at).is_(None),
            col(User.disabled_at).is_(None),
        )
    )


async def link(session: AsyncSession, user_id: UUID, tenant_id: str, object_id: str) -> bool:
    """Links the account to the user. Returns False if it is somebody else's."""
    unscoped("of the user who asks")
    made = Identity(user_id=user_id, tenant_id=tenant_id, object_id=object_id)
    await session.execute(insert(Identity).values(**made.model_dump()).on_conflict_do_nothing())
    return await owner(session, tenant_id, object_id) == user_id


async def owner(session: AsyncSession, tenant_id: str, object_id: str) -> UUID | None:
    """The owner of the account, disabled or not."""
    unscoped("of whoever shows a token of the account")
    return await session.scalar(
        sa.select(col(Identity.user_id)).where(
            col(Identity.tenant_id) == tenant_id, col(Identity.object_id) == object_id
        )
    )
