"""Idempotency keys of requests."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.tables import IdempotencyKey


async def claim(session: AsyncSession, key_id: str, body_hash: str) -> tuple[IdempotencyKey, bool]:
    """The key's row, and whether this request is the first with it. Commit before doing the work, so that a second
    request that arrives meanwhile sees the row."""
    while True:
        made = await session.scalar(
            insert(IdempotencyKey)
            .values(id=key_id, body_hash=body_hash)
            .on_conflict_do_nothing()
            .returning(col(IdempotencyKey.id))
        )
        row = await session.scalar(sa.select(IdempotencyKey).where(col(IdempotencyKey.id) == key_id))
        if row is not None:  # otherwise the other request has released it in between
            return row, made is not None


async def keep(session: AsyncSession, key_id: str, status: int, response: Any) -> None:
    """Stores the response, for every later request with the key."""
    await session.execute(
        sa.update(IdempotencyKey)
        .where(col(IdempotencyKey.id) == key_id)
        .values(status=status, response=response)
    )


async def release(session: AsyncSession, key_id: str) -> None:
    """Frees a key under which nothing was done."""
    await session.execute(
        sa.delete(IdempotencyKey).where(
            col(IdempotencyKey.id) == key_id, col(IdempotencyKey.status).is_(None)
        )
    )
