"""Refresh tokens and rate limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries import events
from schema.tables import Attempt, RefreshToken, User, now


async def locked_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """The token, locked until commit. Of two concurrent uses, the second sees it spent."""
    return await session.scalar(
        sa.select(RefreshToken).where(col(RefreshToken.token_hash) == token_hash).with_for_update()
    )


async def end(session: AsyncSession, family: UUID) -> None:
    """Ends a session: its refresh tokens, its access token, and its sockets on their next check."""
    await _revoke(session, col(RefreshToken.family) == family)


async def going_on(session: AsyncSession, families: Collection[UUID]) -> set[UUID]:
    """Those of these sessions that have not ended, for checking many at once."""
    found = await session.scalars(
        sa.select(col(RefreshToken.family))
        .where(col(RefreshToken.family).in_(families), col(RefreshToken.revoked_at).is_(None))
        .distinct()
    )
    return set(found)


async def end_all(session: AsyncSession, user_id: UUID) -> None:
    """Ends all sessions of a user, including a sign-in in progress: tokens of both kinds contain the user's epoch,
    which this increments."""
    await session.execute(sa.update(User).where(col(User.id) == user_id).values(epoch=col(User.epoch) + 1))
    await _revoke(session, col(RefreshToken.user_id) == user_id)


async def _revoke(session: AsyncSession, whose: sa.ColumnElement[bool]) -> None:
    """Repeats until none is left: a refresh in progress, which the first pass waited for, has made another. Wakes the
    sockets, which check their users again."""
    left = sa.update(RefreshToken).where(whose, col(RefreshToken.revoked_at).is_(None))
    while (await session.execute(left.values(revoked_at=now()).returning(col(RefreshToken.id)))).first():
        pass
    await events.wake(session)


@dataclass(frozen=True, slots=True)
class Counted:
    """A counted attempt. `until` is when it is allowed again, if it is not allowed now."""

    ids: tuple[UUID, ...]
    until: datetime | None


async def count_attempt(session: AsyncSession, subjects: Mapping[str, int], window: timedelta) -> Counted:
    """Counts one attempt for each subject, against the subject's limit within `window`. A refused attempt is not
    counted, so that waiting until `until` is enough. Commit before checking the attempt, so that parallel guesses are
    all counted, and `forgive` it if it was right."""
    since, until = now() - window, None
    for subject, limit in sorted(subjects.items()):  # in a fixed order, to avoid deadlocks
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(subject))))
        count, oldest = (
            await session.execute(
                sa.select(sa.func.count(), sa.func.min(col(Attempt.created_at))).where(
                    col(Attempt.subject) == subject, col(Attempt.created_at) > since
                )
            )
        ).one()
        if count >= limit:
            until = max(until or since, (oldest or since) + window)
    if until is not None:
        return Counted((), until)
    attempts = [Attempt(subject=subject) for subject in subjects]
    session.add_all(attempts)
    await session.flush()
    return Counted(tuple(attempt.id for attempt in attempts), None)


async def forgive(session: AsyncSession, counted: Counted, *, also: str | None = None) -> None:
    """After a success: removes the attempt, and earlier failures of the subject `also`."""
    await session.execute(
        sa.delete(Attempt).where(sa.or_(col(Attempt.subject) == also, col(Attempt.id).in_(counted.ids)))
    )
