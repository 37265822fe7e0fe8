"""Jobs: what people see of them, how one is created, and the inputs of its workflow from its row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.job import JobState
from schema.contracts.language import LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import JobRef
from schema.enums import JobStatus, Urgency
from schema.permissions import Principal
from schema.queries import pages
from schema.queries.arrays import among
from schema.queries.job_filters import Filter, conditions, inverted, waiting_for
from schema.queries.reach import Reach, reach_of
from schema.queries.visibility import unscoped, visible_to
from schema.tables import JOBS, Client, Job, JobLanguage, Project, now


class Sort(StrEnum):
    """The orders of a list; a leading `-` reverses one."""

    CREATED = "created_at"
    CREATED_LAST = "-created_at"
    UPDATED = "updated_at"
    UPDATED_LAST = "-updated_at"
    TITLE = "title"
    TITLE_LAST = "-title"
    DUE = "due_at"
    DUE_LAST = "-due_at"
    PRIORITY = "priority"
    PRIORITY_LAST = "-priority"
    REFERENCE = "reference"
    REFERENCE_LAST = "-reference"
    STATUS = "status"
    STATUS_LAST = "-status"


@dataclass(frozen=True, slots=True)
class Listing:
    """The columns of a list."""

    id: UUID
    status: JobStatus
    title: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    org_id: UUID
    client_id: UUID
    project_id: UUID
    creator_id: UUID
    source_language: str
    due_at: datetime | None
    priority: Urgency
    reference: str
    labels: list[str]
    step: str | None
    failure: dict[str, Any] | None
    languages: list[str]
    """The requested target languages."""


_LISTED = (
    *(Job.metadata.tables["jobs"].c[field.name] for field in fields(Listing) if field.name != "languages"),
    sa.func.coalesce(col(Job.requested_outputs)["languages"], sa.literal_column("'[]'::jsonb")),
)


def job_ref(job: Job) -> JobRef:
    """The properties of a job that never change, for its workflow."""
    return JobRef(
        job_id=job.id,
        org_id=job.org_id,
        client_id=job.client_id,
        project_id=job.project_id,
        source_language=job.source_language,
        source_object=job.source_object,
        bulk=job.bulk,
        priority=job.priority,
    )


def job_state(job: Job, languages: Iterable[JobLanguage] = ()) -> JobState:
    """The state from which a workflow continues: as last projected, or of a new job. Decisions about the job itself are
    in its `job_ref`."""
    if job.state is None:
        return JobState(outputs=RequestedOutputs.kept(job.requested_outputs))
    known = {row.language: LanguageState.kept(row.state) for row in languages if row.state is not None}
    of_the_row = {"languages": known, "priority": None, "source": None}
    return JobState.kept(job.state).model_copy(update=of_the_row)


def language_state(row: JobLanguage) -> LanguageState:
    """The state of a language from its row. Columns of the row are newer than `state`."""
    known = LanguageState.kept({"language": row.language, **(row.state or {})})
    told = ("is_source", "stage", "qc_state", "linguist_id", "reviewer_id")
    return known.model_copy(update={name: getattr(row, name) for name in told})


async def visible(
    session: AsyncSession, principal: Principal, job_id: UUID, *, with_deleted: bool = False
) -> Job | None:
    """The job, if `principal` may see it."""
    return await session.scalar(
        sa.select(Job)
        .where(col(Job.id) == job_id, visible_to(principal, with_deleted=with_deleted))
        .execution_options(populate_existing=True)
    )


async def visible_among(
    session: AsyncSession, principal: Principal, job_ids: Iterable[UUID], *, with_deleted: bool = False
) -> dict[UUID, Job]:
    """Those of these jobs that `principal` may see."""
    found = await session.scalars(
        sa.select(Job)
        .where(among(col(Job.id), job_ids), visible_to(principal, with_deleted=with_deleted))
        .execution_options(populate_existing=True)
    )
    return {job.id: job for job in found}


async def load(session: AsyncSession, job_id: UUID, *, lock: bool = False) -> Job | None:
    """The current job. With `lock` nobody else can write it until commit; rows that refer to it, such as events, can be
    written meanwhile."""
    unscoped("the caller was let in by a guard, or is a worker")
    query = sa.select(Job).where(col(Job.id) == job_id).execution_options(populate_existing=True)
    return await session.scalar(query.with_for_update(key_share=True) if lock else query)


async def page(
    session: AsyncSession, principal: Principal, wanted: Filter, asked: pages.Asked
) -> tuple[list[Listing], pages.Found]:
    """One page of what `principal` sees. Ties are ordered by time of creation, or by id.

    Raises:
        Invalid: the page is beyond what is counted, or the cursor is of another list.
    """
    unscoped("`_scopes` names the places that are reached, and nothing else is read")
    scopes = await _scopes(session, await reach_of(session, principal), wanted)
    if wanted.needs_me and scopes:
        scopes = waiting_for(principal, scopes, _narrow(wanted))
    elif wanted.assigned_to_me and scopes:  # one person's are few: found by the person, not in each scope
        scopes = [pages.Scope(also=(visible_to(principal), *_narrow(wanted)), few=True)]
    filters, found_by = conditions(wanted, principal), inverted(wanted)
    found = await pages.page(
        session,
        JOBS,
        _LISTED,
        scopes,
        wanted.words,
        asked,
        narrowed=bool(wanted.status or filters or found_by),
        filters=filters,
        inverted=found_by,
    )
    return [Listing(*row) for row in found.rows], found


async def _scopes(session: AsyncSession, reach: Reach, wanted: Filter) -> list[pages.Scope]:
    """The scopes of jobs that are accessible and wanted: the smallest for each."""
    place = await _place(session, wanted)
    if place is None:
        return []
    org_id, client_id = place
    scopes: list[pages.Scope] = []
    if org_id is None and reach.everything:
        return [pages.Scope()]
    if org_id is not None and client_id is not None:
        if reach.has(org_id, client_id):
            of_org, project = col(Job.org_id) == org_id, wanted.project_id
            if project is None:
                return [pages.Scope("client_id", (client_id,), within=(of_org,))]
            return [pages.Scope("project_id", (project,), within=(of_org, col(Job.client_id) == client_id))]
    elif org_id is not None and (reach.everything or org_id in reach.organisations):
        return [pages.Scope("org_id", (org_id,))]
    else:
        orgs = () if org_id is not None else tuple(reach.organisations)
        clients = tuple(c for c, org in reach.clients.items() if org_id in (None, org))
        of_orgs = among(col(Job.org_id), dict.fromkeys(reach.clients[client] for client in clients))
        each = (("org_id", orgs, ()), ("client_id", clients, (of_orgs,)))
        scopes = [pages.Scope(name, ids, within=within) for name, ids, within in each if ids]
    if reach.assigned_in:
        scopes.append(pages.Scope(also=(*reach.assigned(), *_narrow(wanted)), few=True))
    return scopes


async def _place(session: AsyncSession, wanted: Filter) -> tuple[UUID | None, UUID | None] | None:
    """The organisation and the client that the list is filtered by; None if the filters exclude one another."""
    if wanted.project_id is None and wanted.client_id is None:
        return wanted.org_id, None
    query = sa.select(col(Client.org_id), col(Client.id))
    if wanted.project_id is not None:
        query = query.join(Project, col(Project.client_id) == col(Client.id)).where(
            col(Project.id) == wanted.project_id
        )
    if wanted.client_id is not None:
        query = query.where(col(Client.id) == wanted.client_id)
    if wanted.org_id is not None:
        query = query.where(col(Client.org_id) == wanted.org_id)
    found = (await session.execute(query)).first()
    return None if found is None else (found[0], found[1])


def _narrow(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    by = {Job.org_id: wanted.org_id, Job.client_id: wanted.client_id, Job.project_id: wanted.project_id}
    return [col(column) == value for column, value in by.items() if value is not None]


async def insert(session: AsyncSession, job: Job) -> None:
    """A new job with the row of its source language."""
    session.add(job)
    await session.flush()
    session.add(JobLanguage(job_id=job.id, language=job.source_language, is_source=True))
    await session.flush()


async def mark_started(session: AsyncSession, job_id: UUID) -> None:
    """Records that its workflow runs, so that the sweep has nothing to do."""
    await session.execute(
        sa.update(Job).where(col(Job.id) == job_id, col(Job.started_at).is_(None)).values(started_at=now())
    )
