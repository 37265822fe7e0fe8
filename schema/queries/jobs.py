"""Jobs: what people see of them, how one is made, and how its workflow is started from its row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from schema.enums import JobStatus
from schema.permissions import Principal
from schema.queries.visibility import unscoped, visible_to
from schema.tables import Job, JobLanguage, now

COUNT_LIMIT = 10_000
"""Totals are exact up to here; beyond it counting costs more than anybody gains."""


class Sort(StrEnum):
    """The orders of a list; a leading `-` turns one round."""

    CREATED = "created_at"
    CREATED_LAST = "-created_at"
    UPDATED = "updated_at"
    UPDATED_LAST = "-updated_at"
    TITLE = "title"
    TITLE_LAST = "-title"
    STATUS = "status"
    STATUS_LAST = "-status"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; None does not narrow."""

    status: Sequence[JobStatus] = ()
    org_id: UUID | None = None
    client_id: UUID | None = None
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """One page of jobs, and how many there are."""

    items: Sequence[Job]
    total: int
    capped: bool


def job_ref(job: Job) -> JobRef:
    """What of a job never changes, for its workflow."""
    return JobRef(
        job_id=job.id,
        org_id=job.org_id,
        client_id=job.client_id,
        project_id=job.project_id,
        source_language=job.source_language,
        source_object=job.source_object,
        bulk=job.bulk,
    )


def job_state(job: Job, languages: Iterable[JobLanguage] = ()) -> JobState:
    """The state from which a workflow goes on: as the rows were last projected, or of a job just made."""
    if job.state is None:
        return JobState(outputs=RequestedOutputs.model_validate(job.requested_outputs))
    known = {
        row.language: LanguageState.model_validate(row.state) for row in languages if row.state is not None
    }
    return JobState.model_validate(job.state).model_copy(update={"languages": known})


async def visible(
    session: AsyncSession, principal: Principal, job_id: UUID, *, with_deleted: bool = False
) -> Job | None:
    """The job, where `principal` may see it."""
    return await session.scalar(
        sa.select(Job)
        .where(col(Job.id) == job_id, visible_to(principal, with_deleted=with_deleted))
        .execution_options(populate_existing=True)
    )


async def load(session: AsyncSession, job_id: UUID, *, lock: bool = False) -> Job | None:
    """The job as it is now."""
    unscoped("the caller was let in by a guard, or is a worker")
    query = sa.select(Job).where(col(Job.id) == job_id).execution_options(populate_existing=True)
    return await session.scalar(query.with_for_update() if lock else query)


async def page(
    session: AsyncSession, principal: Principal, wanted: Filter, *, sort: Sort, offset: int, limit: int
) -> Counted:
    """One page of what `principal` sees. Two jobs that sort alike keep their order, by id."""
    conditions = [visible_to(principal), *_narrow(wanted)]
    column: Any = getattr(Job, sort.value.lstrip("-"))
    order = sa.desc(column) if sort.value.startswith("-") else sa.asc(column)
    items = await session.scalars(
        sa.select(Job).where(*conditions).order_by(order, col(Job.id)).offset(offset).limit(limit)
    )
    some = sa.select(col(Job.id)).where(*conditions).limit(COUNT_LIMIT + 1).subquery()
    total = await session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    return Counted(items.all(), min(total, COUNT_LIMIT), total > COUNT_LIMIT)


def _narrow(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.status:
        conditions.append(col(Job.status).in_(wanted.status))
    for column, value in (
        (Job.org_id, wanted.org_id),
        (Job.client_id, wanted.client_id),
        (Job.project_id, wanted.project_id),
    ):
        if value is not None:
            conditions.append(col(column) == value)
    return conditions


async def insert(session: AsyncSession, job: Job) -> None:
    """A new job with the row of its source language."""
    session.add(job)
    await session.flush()
    session.add(JobLanguage(job_id=job.id, language=job.source_language, is_source=True))
    await session.flush()


async def mark_started(session: AsyncSession, job_id: UUID) -> None:
    """Its workflow runs: the sweep has nothing to do."""
    await session.execute(
        sa.update(Job).where(col(Job.id) == job_id, col(Job.started_at).is_(None)).values(started_at=now())
    )
