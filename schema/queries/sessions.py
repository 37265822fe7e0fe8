"""Refresh tokens and counted attempts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.tables import Attempt, RefreshToken, now


async def locked_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """The token, locked until commit: of two that come at once, the second sees it spent."""
    return await session.scalar(
        sa.select(RefreshToken).where(col(RefreshToken.token_hash) == token_hash).with_for_update()
    )


async def revoke_family(session: AsyncSession, family: UUID) -> None:
    """Ends a sign-in with every token that came of it."""
    await session.execute(
        sa.update(RefreshToken)
        .where(col(RefreshToken.family) == family, col(RefreshToken.revoked_at).is_(None))
        .values(revoked_at=now())
    )


async def revoke_user(session: AsyncSession, user_id: UUID) -> None:
    """Ends all sign-ins of a user."""
    await session.execute(
        sa.update(RefreshToken)
        .where(col(RefreshToken.user_id) == user_id, col(RefreshToken.revoked_at).is_(None))
        .values(revoked_at=now())
    )


async def count_attempt(
    session: AsyncSession, subjects: dict[str, int], window: timedelta
) -> datetime | None:
    """Counts one attempt for each subject. Where one has more than its limit within `window`: when the oldest of
    those leaves it. Commit before the attempt is judged, so that guesses in parallel are all counted."""
    since = now() - window
    for subject, limit in sorted(subjects.items()):  # in one order, or two requests could wait for each other
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(subject))))
        session.add(Attempt(subject=subject))
        await session.flush()
        count, oldest = (
            await session.execute(
                sa.select(sa.func.count(), sa.func.min(col(Attempt.created_at))).where(
                    col(Attempt.subject) == subject, col(Attempt.created_at) > since
                )
            )
        ).one()
        if count > limit and oldest is not None:
            until: datetime = oldest + window
            return until
    return None


async def forget_attempts(session: AsyncSession, subject: str) -> None:
    """After a success: what failed before does not count any more."""
    await session.execute(sa.delete(Attempt).where(col(Attempt.subject) == subject))
