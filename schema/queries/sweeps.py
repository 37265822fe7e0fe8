"""Queries of the sweeps. Each is bounded, and costs the same however many jobs are open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from schema.contracts.sweeps import LastJob
from schema.enums import JobStatus, LanguageStage
from schema.queries.visibility import unscoped
from schema.tables import (
    Attempt,
    IdempotencyKey,
    Job,
    JobEvent,
    JobLanguage,
    RefreshToken,
    Upload,
    WebhookDelivery,
    now,
)
from schema.tables.jobs import HEARD_AT, IS_OPEN

_heard_at: sa.ColumnElement[Any] = sa.literal_column(HEARD_AT, sa.DateTime(timezone=True))
EVENTS_KEPT = timedelta(days=90)
REPLACED_KEPT = timedelta(days=30)
_JUST_MADE = timedelta(seconds=5)
SESSION_LIFE = timedelta(days=7)
"""Lifetime of a resumable session, as set by the store."""
_JUST_EXPIRED = timedelta(hours=1)
"""By then, any request that found the file in time has marked it as used."""
NOTHING_LOST = (LanguageStage.WAITING, LanguageStage.FAILED, LanguageStage.REMOVED)
"""Statuses after which a language is started again by its job."""


async def never_started(session: AsyncSession, *, limit: int) -> Sequence[Job]:
    """Jobs that are committed and whose start was lost. Unordered, so that those that cannot be started do not block
    the others."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(Job)
        .where(
            col(Job.started_at).is_(None),
            col(Job.status) == JobStatus.CREATED,
            col(Job.created_at) < now() - _JUST_MADE,
            col(Job.deleted_at).is_(None),
        )
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


async def silent(
    session: AsyncSession, after: LastJob | None, before: datetime, *, limit: int
) -> list[LastJob]:
    """Open jobs that were started and whose row was written before `before`, with that time; longest silent first."""
    found = await session.execute(silent_page(after, before, limit=limit))
    return [LastJob(at=at, id=job_id) for at, job_id in found]


def silent_page(after: LastJob | None, before: datetime, *, limit: int) -> sa.Select[datetime, UUID]:
    """The query of `silent`."""
    unscoped("the sweep serves all organisations")
    page = (
        sa.select(_heard_at, col(Job.id))
        .where(sa.text(IS_OPEN), _heard_at < before, col(Job.started_at).is_not(None))
        .order_by(_heard_at, col(Job.id))
        .limit(limit)
    )
    if after is not None:
        page = page.where(sa.tuple_(_heard_at, col(Job.id)) > sa.tuple_(after.at, after.id))
    return page


async def languages_at_work(session: AsyncSession, job_ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """The languages of these jobs whose workflow should be running."""
    found = await session.execute(
        sa.select(col(JobLanguage.job_id), col(JobLanguage.language)).where(
            col(JobLanguage.job_id).in_(job_ids), col(JobLanguage.stage).not_in(NOTHING_LOST)
        )
    )
    return [(job_id, language) for job_id, language in found]


def _expired(events_kept: timedelta) -> dict[str, tuple[type[SQLModel], sa.ColumnElement[bool]]]:
    """Events serve sockets that resume and, for longer, a job's history."""
    return {
        "events": (JobEvent, col(JobEvent.at) < now() - events_kept),
        "progress": (
            JobEvent,
            sa.and_(col(JobEvent.type) == "progress", col(JobEvent.at) < now() - timedelta(hours=1)),
        ),
        "refresh tokens": (RefreshToken, col(RefreshToken.expires_at) < now() - timedelta(days=1)),
        "idempotency keys": (IdempotencyKey, col(IdempotencyKey.created_at) < now() - timedelta(days=7)),
        "attempts": (Attempt, col(Attempt.created_at) < now() - timedelta(days=1)),
        "deliveries": (WebhookDelivery, col(WebhookDelivery.created_at) < now() - timedelta(days=30)),
    }


EXPIRING = tuple(_expired(EVENTS_KEPT))
"""What expires: events, spent tokens, old keys, sign-in attempts, and webhook deliveries."""


async def expire(session: AsyncSession, what: str, events_kept: timedelta, *, limit: int) -> int:
    """Deletes at most `limit` rows of `what`, one of `EXPIRING`. Returns how many."""
    table, is_expired = _expired(events_kept)[what]
    place: sa.ColumnElement[Any] = sa.literal_column("ctid")
    some = sa.select(place).select_from(table).where(is_expired).limit(limit)
    statement = sa.delete(table).where(place.in_(some)).execution_options(synchronize_session=False)
    deleted = await session.execute(statement)
    return deleted.rowcount  # type: ignore[attr-defined, no-any-return]


def _unused() -> tuple[sa.ColumnElement[bool], ...]:
    """Uploads that nothing refers to, and whose session has expired."""
    return (
        col(Upload.claimed_at).is_(None),
        col(Upload.used_at).is_(None),
        col(Upload.expires_at) < now() - _JUST_EXPIRED,
        col(Upload.created_at) < now() - SESSION_LIFE - _JUST_EXPIRED,
    )


async def unused_uploads(
    session: AsyncSession, after: UUID | None, *, limit: int
) -> Sequence[tuple[UUID, str]]:
    """Ids and objects of uploads that were never used, by id, after `after`."""
    unscoped("the sweep serves all organisations")
    query = sa.select(col(Upload.id), col(Upload.object_name)).where(*_unused())
    if after is not None:
        query = query.where(col(Upload.id) > after)
    found = await session.execute(query.order_by(col(Upload.id)).limit(limit))
    return [(row[0], row[1]) for row in found]


async def forget_upload(session: AsyncSession, upload_id: UUID) -> bool:
    """Deletes an upload's row, once its object is gone."""
    unscoped("the sweep serves all organisations")
    deleted = await session.execute(
        sa.delete(Upload).where(col(Upload.id) == upload_id, *_unused()).returning(col(Upload.id))
    )
    return deleted.first() is not None
