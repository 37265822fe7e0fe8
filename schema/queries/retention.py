"""Retention of closed jobs by their client's settings, and purged clients."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import AssetKind
from schema.queries import assets, audit, briefs, kept
from schema.queries.visibility import unscoped
from schema.tables import Asset, CueChoice, CueReview, Glossary, Job, Project, QCComment, TextVersion, now
from schema.tables.people import Client
from schema.transitions import CLOSED

_K = AssetKind


class Part(StrEnum):
    """A part of a job with its own retention time."""

    SOURCE = "source"
    RENDERS = "renders"
    TEXTS = "texts"


KINDS: dict[Part, frozenset[AssetKind]] = {
    Part.SOURCE: frozenset({_K.SOURCE, _K.SPEECH_AUDIO}),
    Part.RENDERS: frozenset(
        {
            _K.CLIPS, _K.PLAN, _K.AUDIO_DESCRIPTION_MP3, _K.ACCESSIBLE_VIDEO_MP4, _K.RETIMED_CAPTIONS_VTT,
            _K.RETIMED_AUDIO_DESCRIPTION_VTT, _K.RETIMED_CHAPTERS_VTT, _K.TIME_MAP, _K.REPORT, _K.REPORT_HTML,
        }
    ),
    Part.TEXTS: frozenset(
        {
            _K.WORDS, _K.SIGHT, _K.CAPTIONS_VTT, _K.CAPTIONS_SRT, _K.CAPTIONS_TTML, _K.CAPTIONS_SCC, _K.CAPTIONS_STL,
            _K.AUDIO_DESCRIPTION_VTT, _K.AUDIO_DESCRIPTION_DAPT,
        }
    ),
}  # fmt: skip
LYING: dict[Part, tuple[tuple[str, str], ...]] = {
    Part.SOURCE: (("source", ""), ("probe/", "/speech.flac"), ("describe/", "/alone.mp4")),
    Part.RENDERS: (("synthesize/", ""), ("mux/", "")),
    Part.TEXTS: (("texts/", ""), ("transcribe/", ""), ("describe/", ""), ("translate/", "")),
}
"""Prefixes and suffixes of the names of a job's objects: including earlier ones, parts of steps, and what a model was
shown of the video."""
_CLOSED_AT: sa.ColumnElement[Any] = sa.func.coalesce(
    col(Job.completed_at), col(Job.projected_at), col(Job.updated_at)
)


def _gone(part: Part) -> Any:
    return {
        Part.SOURCE: col(Job.source_gone_at),
        Part.RENDERS: col(Job.renders_gone_at),
        Part.TEXTS: col(Job.texts_gone_at),
    }[part]


def _kept_days(part: Part) -> Any:
    return {
        Part.SOURCE: col(Client.keep_source_days),
        Part.RENDERS: col(Client.keep_renders_days),
        Part.TEXTS: col(Client.keep_texts_days),
    }[part]


def _is_due(part: Part) -> list[sa.ColumnElement[bool]]:
    """Whether a part of a closed job, joined with its client, is due. A job that was reopened and closed again is due
    again."""
    age = sa.func.make_interval(0, 0, 0, _kept_days(part))
    return [
        _kept_days(part).is_not(None),
        col(Job.status).in_(CLOSED),
        col(Job.deleted_at).is_(None),
        sa.func.now() - age > _CLOSED_AT,
        sa.or_(_gone(part).is_(None), _gone(part) < _CLOSED_AT),
    ]


def why_over(job: Job) -> str | None:
    """Why no work can start again on a closed job, in words; None if it can."""
    gone = job.source_gone_at or job.texts_gone_at
    if job.status in CLOSED and gone is None and job.leaving:
        return (
            "What was made of it is just being deleted, as its client wants it. Try again in a few minutes."
        )
    if job.status not in CLOSED or gone is None:
        return None
    return (
        f"Its source or its texts were deleted on {gone:%d %B %Y}, as its client wants it: its work is over."
    )


async def due(session: AsyncSession, part: Part, *, limit: int) -> list[UUID]:
    """Jobs whose `part` is due, and as many that a sweep has begun with. Unordered, so that failing ones do not block
    the others."""
    unscoped("the sweep serves all organisations")
    begun = sa.select(col(Job.id)).where(col(Job.leaving) == part.value)
    query = sa.select(col(Job.id)).join(Client, col(Client.id) == col(Job.client_id)).where(*_is_due(part))
    found = [
        *await session.scalars(begun.order_by(sa.func.random()).limit(limit)),
        *await session.scalars(query.order_by(sa.func.random()).limit(limit)),
    ]
    return list(dict.fromkeys(found))


async def begin(session: AsyncSession, job_id: UUID, part: Part) -> Job | None:
    """Marks the job. From here on, no work starts that needs the part. None if it is not due any more."""
    unscoped("the sweep serves all organisations")
    job = await session.scalar(sa.select(Job).where(col(Job.id) == job_id).with_for_update())
    due_now = (  # checked once the row is locked: somebody may have reopened the job by then
        sa.select(col(Job.id))
        .join(Client, col(Client.id) == col(Job.client_id))
        .where(col(Job.id) == job_id, sa.or_(col(Job.leaving) == part.value, sa.and_(*_is_due(part))))
    )
    if job is None or await session.scalar(due_now) is None:
        return None
    job.leaving = part.value
    setattr(job, f"{part.value}_gone_at", now())
    return job


async def objects_of(session: AsyncSession, job: Job, part: Part) -> set[str]:
    """The objects that rows refer to."""
    unscoped("the sweep serves all organisations")
    names = await session.scalars(
        sa.select(col(Asset.object_name)).where(col(Asset.job_id) == job.id, col(Asset.kind).in_(KINDS[part]))
    )
    return {*names, *(kept.videos(job) if part is Part.SOURCE else ())}


async def end(session: AsyncSession, job_id: UUID, part: Part) -> None:
    """Deletes the part's rows, once its objects are gone."""
    unscoped("the sweep serves all organisations")
    await session.execute(
        sa.delete(Asset).where(col(Asset.job_id) == job_id, col(Asset.kind).in_(KINDS[part]))
    )
    if part is Part.TEXTS:
        for table in (CueReview, CueChoice, QCComment, TextVersion):
            await session.execute(sa.delete(table).where(col(table.job_id) == job_id))
    left = assets.still_delivered(KINDS[part])
    await session.execute(sa.update(Job).where(col(Job.id) == job_id).values(leaving=None, delivered=left))
    told = {"part": part.value}
    key = f"retention/{now().isoformat()}"
    await audit.record(
        session, actor_id=None, action="job.forget", request_id=key, thing="job", thing_id=job_id, after=told
    )


async def of_purged_clients(session: AsyncSession, *, limit: int) -> Sequence[UUID]:
    """Closed jobs of clients that are being purged. Unordered."""
    unscoped("the sweep serves all organisations")
    clients = sa.select(col(Client.id)).where(col(Client.purging_at).is_not(None))
    found = await session.scalars(
        sa.select(col(Job.id))
        .where(col(Job.client_id).in_(clients), col(Job.status).in_(CLOSED))
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


def _has_no_jobs() -> tuple[sa.ColumnElement[bool], ...]:
    jobs = sa.select(sa.literal(1)).where(col(Job.client_id) == col(Client.id)).correlate(Client)
    return (col(Client.purging_at).is_not(None), ~sa.exists(jobs))


async def emptied_clients(session: AsyncSession, *, limit: int) -> Sequence[UUID]:
    """Clients that are being purged and whose jobs are all gone. Unordered."""
    unscoped("the sweep serves all organisations")
    query = sa.select(col(Client.id)).where(*_has_no_jobs()).order_by(sa.func.random()).limit(limit)
    return (await session.scalars(query)).all()


async def purge_client(session: AsyncSession, client_id: UUID) -> bool:
    """Deletes one of these with its projects, teams, glossaries and briefs. Returns False if another sweep does it."""
    unscoped("the sweep serves all organisations")
    found = await session.execute(
        sa.select(col(Client.org_id), col(Client.purging_at))
        .where(col(Client.id) == client_id, *_has_no_jobs())
        .with_for_update(skip_locked=True)
    )
    row = found.one_or_none()
    if row is None:
        return False
    await briefs.forget_of(session, client_id)
    for table in (Glossary, Project):
        await session.execute(sa.delete(table).where(col(table.client_id) == client_id))
    await session.execute(sa.delete(Client).where(col(Client.id) == client_id))
    told = {"org_id": str(row.org_id), "asked_at": row.purging_at and row.purging_at.isoformat()}
    await audit.record(
        session, actor_id=None, action="client.purged", request_id="purge", thing="client", thing_id=client_id,
        before=told,
    )  # fmt: skip
    return True


async def begin_purge(session: AsyncSession, client: Client) -> int:
    """Hides a client with its briefs and its jobs, which the sweep purges. Returns the number of jobs."""
    unscoped("of a client that a guard handed over")
    at = now()
    await briefs.hide_of(session, client.id)
    hidden = sa.func.coalesce(col(Job.deleted_at), at)
    changed = await session.execute(
        sa.update(Job).where(col(Job.client_id) == client.id).values(deleted_at=hidden)
    )
    client.deleted_at, client.purging_at = client.deleted_at or at, at
    return changed.rowcount  # type: ignore[attr-defined, no-any-return]


async def still_open(session: AsyncSession, client_id: UUID) -> int:
    """How many jobs of a client are open."""
    unscoped("a number, of a client that a guard handed over")
    query = (
        sa.select(sa.func.count())
        .select_from(Job)
        .where(col(Job.client_id) == client_id, col(Job.status).not_in(CLOSED))
    )
    return await session.scalar(query) or 0
