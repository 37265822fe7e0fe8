"""Deleted jobs that can be restored, and what is deleted when they are purged."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.outputs import RequestedOutputs
from schema.contracts.sweeps import LastJob
from schema.enums import AssetKind, LanguageStage
from schema.permissions import Principal
from schema.queries import audit, keyset
from schema.queries.arrays import among
from schema.queries.job_filters import Filter, conditions, inverted
from schema.queries.jobs import Listing
from schema.queries.pages import Found
from schema.queries.visibility import WHOLE, staffed_by, unscoped
from schema.tables import Asset, Client, CueChoice, Job, JobLanguage, Upload
from schema.transitions import AT_WORK, CLOSED

DELETED_KEPT = timedelta(days=30)
_MARGIN = timedelta(hours=1)
"""Margin between the last moment of restoration and the first moment of a purge."""


_MERGED = 20
"""Organisations that are each read from the end of their own index."""


@dataclass(frozen=True, slots=True)
class Deleted(Listing):
    """A deleted job in a list."""

    deleted_at: datetime


_SHOWN = (
    *(getattr(Job, field.name).label(field.name) for field in fields(Listing) if field.name != "languages"),
    sa.func.coalesce(col(Job.requested_outputs)["languages"], sa.literal_column("'[]'::jsonb")).label(
        "languages"
    ),
    col(Job.deleted_at).label("deleted_at"),
)


async def deleted(
    session: AsyncSession, who: Principal, wanted: Filter, walk: keyset.Walk
) -> tuple[list[Deleted], Found]:
    """One page of the deleted jobs that `who` may restore, most recently deleted first. Jobs of clients that are being
    purged cannot be restored."""
    by = {Job.org_id: wanted.org_id, Job.client_id: wanted.client_id, Job.project_id: wanted.project_id}
    narrowed = [col(column) == value for column, value in by.items() if value is not None]
    if wanted.status or wanted.overdue:
        narrowed.append(among(col(Job.status), wanted.words))
    narrowed += [*conditions(wanted, who), *inverted(wanted)]
    purged = (
        await session.scalars(sa.select(col(Client.id)).where(col(Client.purging_at).is_not(None)))
    ).all()
    if purged:
        narrowed.append(~among(col(Job.client_id), purged))
    query: sa.Select[Any] = sa.select(*_SHOWN).where(staffed_by(who, deleted=True), *narrowed)
    mine = [] if who.is_admin else who.organisations_as(*WHOLE)
    arms = [query.where(col(Job.org_id) == org) for org in mine] if len(mine) <= _MERGED else []
    found = await keyset.page(session, arms or [query], walk, at="deleted_at")
    return [Deleted(**row._mapping) for row in found.rows], found


async def to_purge(
    session: AsyncSession, after: LastJob | None, before: datetime, *, limit: int
) -> list[LastJob]:
    """Closed jobs that were deleted before `before`, with an hour's margin, earliest first."""
    unscoped("the sweep serves all organisations")
    query = (
        sa.select(col(Job.deleted_at), col(Job.id))
        .where(col(Job.deleted_at) < before - _MARGIN, col(Job.status).in_(CLOSED))
        .order_by(col(Job.deleted_at), col(Job.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(sa.tuple_(col(Job.deleted_at), col(Job.id)) > sa.tuple_(after.at, after.id))
    return [LastJob(at=at, id=job_id) for at, job_id in await session.execute(query)]


async def shared(session: AsyncSession, job_id: UUID, names: Collection[str]) -> set[str]:
    """Those of the objects `names` that rows of another job refer to."""
    unscoped("the sweep serves all organisations")
    if not names:
        return set()
    by = (
        sa.select(col(Asset.object_name)).where(
            among(col(Asset.object_name), names), col(Asset.job_id) != job_id
        ),
        sa.select(col(Job.source_object)).where(among(col(Job.source_object), names), col(Job.id) != job_id),
    )
    return set(await session.scalars(sa.union(*by)))


def videos(job: Job) -> set[str]:
    """The objects of the current video and of earlier ones. A video that was uploaded later is in a folder of its
    own."""
    return {job.source_object, *(job.state or {}).get("sources_before", ())}


async def brought(session: AsyncSession, job: Job) -> set[str]:
    """The URIs of dubs and recordings of the job that no other job uses."""
    dubs = RequestedOutputs.kept(job.requested_outputs).dubs.values()
    return await _its_own(session, job.id, {*dubs, *await _recordings(session, job.id)})


async def recorded(session: AsyncSession, job_id: UUID) -> set[str]:
    """Like `brought`, only for recordings, which only cue choices refer to."""
    return await _its_own(session, job_id, await _recordings(session, job_id))


_recording = col(CueChoice.choice)["recording"].astext


async def _recordings(session: AsyncSession, job_id: UUID) -> set[str]:
    query = sa.select(_recording).where(col(CueChoice.job_id) == job_id, _recording.is_not(None))
    return set(await session.scalars(query))


async def _its_own(session: AsyncSession, job_id: UUID, mine: set[str]) -> set[str]:
    """Those of the files `mine` that no other job uses."""
    unscoped("the sweep serves all organisations")
    if not mine:
        return set()
    dub = sa.func.jsonb_each_text(col(Job.requested_outputs)["dubs"]).table_valued("key", "value")
    of_others = (
        sa.select(_recording).where(among(_recording, mine), col(CueChoice.job_id) != job_id),
        sa.select(dub.c.value)
        .select_from(sa.join(Job, dub, sa.true()))
        .where(col(Job.id) != job_id, among(sa.cast(dub.c.value, sa.String), mine)),
    )
    return mine - set(await session.scalars(sa.union(*of_others)))


async def named(session: AsyncSession, uri: str, name: str) -> bool:
    """Whether a row of any job refers to an object that it uses or has made."""
    unscoped("the sweep serves all organisations")
    rows = (
        sa.select(sa.literal(1)).where(col(Job.source_object) == name),
        sa.select(sa.literal(1)).where(col(Asset.object_name) == name),
    )
    for query in rows:
        if await session.scalar(query.limit(1)) is not None:
            return True
    return not await _its_own(session, UUID(int=0), {uri})


async def at_work(session: AsyncSession, job_id: UUID) -> bool:
    """Whether a step of the job or of one of its languages may be running, with its original inputs."""
    unscoped("the sweep serves all organisations")
    languages = sa.select(col(JobLanguage.job_id)).where(
        col(JobLanguage.job_id) == job_id,
        col(JobLanguage.stage).in_(
            (LanguageStage.TRANSLATING, LanguageStage.SYNTHESIZING, LanguageStage.MUXING)
        ),
    )
    jobs = sa.select(col(Job.id)).where(col(Job.id) == job_id, col(Job.status).in_(AT_WORK))
    return await session.scalar(sa.union_all(jobs, languages).limit(1)) is not None


async def manifests(session: AsyncSession, job_id: UUID) -> set[str]:
    """The plans and clip manifests of a job, current or delivered, as object names."""
    unscoped("the sweep serves all organisations")
    kinds = (AssetKind.PLAN, AssetKind.CLIPS)
    made = await session.scalars(
        sa.select(col(Asset.object_name)).where(col(Asset.job_id) == job_id, col(Asset.kind).in_(kinds))
    )
    delivered = await session.scalar(sa.select(col(Job.delivered)).where(col(Job.id) == job_id))
    return {*made, *(each["object_name"] for each in delivered or () if each["kind"] in kinds)}


async def forget_files(session: AsyncSession, names: Collection[str]) -> None:
    """Deletes the uploads of objects that are gone."""
    unscoped("the sweep serves all organisations")
    await session.execute(sa.delete(Upload).where(among(col(Upload.object_name), names)))


async def purge(session: AsyncSession, job: Job, files: Collection[str]) -> None:
    """Deletes the job's rows, once its objects are gone. Only the audit log still refers to it. `files` are those of
    its objects that were uploaded."""
    unscoped("the sweep serves all organisations")
    await forget_files(session, files)
    await session.execute(sa.delete(Upload).where(col(Upload.id) == job.id))
    await session.execute(sa.delete(Job).where(col(Job.id) == job.id))
    told = {"org_id": str(job.org_id), "client_id": str(job.client_id), "deleted_at": _told(job.deleted_at)}
    await audit.record(
        session,
        actor_id=None,
        action="job.purge",
        request_id="purge",
        thing="job",
        thing_id=job.id,
        before=told,
    )


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
