"""What has failed, for those who run the place: failed jobs with what failed in each, and how often it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.codes import Code
from schema.enums import JobStatus, LanguageStage, Step
from schema.permissions import Principal
from schema.queries.named import COUNT_LIMIT
from schema.queries.visibility import staffed_by, unscoped
from schema.tables import Job, JobLanguage, now


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; None does not narrow. A job stays in it while one of its failures is wanted."""

    step: Step | None = None
    code: str | None = None
    org_id: UUID | None = None
    client_id: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job with those of its failures that are wanted, as JSON (step, language, code, reason, failed_at)."""

    id: UUID
    title: str
    org_id: UUID
    client_id: UUID
    project_id: UUID
    source_language: str
    created_at: datetime
    failed_at: datetime
    failures: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many jobs failed at `step` for the reason `code`."""

    step: Step
    code: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Found:
    """`total` is exact up to 10,000; beyond it `capped`."""

    items: Sequence[FailedJob]
    counts: Sequence[Counted]
    total: int
    capped: bool


async def page(session: AsyncSession, who: Principal, wanted: Wanted, *, offset: int, limit: int) -> Found:
    """The jobs that failed last come first; `counts` are of all pages. Two statements."""
    failed = _failed(who, wanted).cte("failed")
    told = sa.func.jsonb_build_object(*_pairs(failed))
    grouped = (
        sa.select(
            failed.c.job_id,
            sa.func.max(failed.c.failed_at).label("failed_at"),
            sa.func.jsonb_agg(aggregate_order_by(told, failed.c.failed_at.desc())).label("failures"),
        )
        .group_by(failed.c.job_id)
        .order_by(sa.desc("failed_at"), failed.c.job_id)
        .offset(offset)
        .limit(limit)
        .subquery("page")
    )
    rows = await session.execute(
        sa.select(*(getattr(Job, name) for name in _SHOWN), grouped.c.failed_at, grouped.c.failures)
        .join(grouped, grouped.c.job_id == col(Job.id))
        .where(staffed_by(who))
        .order_by(grouped.c.failed_at.desc(), grouped.c.job_id)
    )
    items = [FailedJob(**row._mapping) for row in rows]
    counts, total = await _counted(session, failed)
    return Found(items, counts, min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT)


_SHOWN = ("id", "title", "org_id", "client_id", "project_id", "source_language", "created_at")


async def of_providers(session: AsyncSession, lately: timedelta = timedelta(hours=1)) -> Mapping[Step, int]:
    """In how many jobs of all organisations each step's provider failed of late, or was not set up for what was asked."""
    unscoped("numbers, for an admin")
    wanted = Wanted(since=now() - lately)
    failed = _every(wanted, col(Job.deleted_at).is_(None)).subquery("failed")
    rows = await session.execute(
        sa.select(failed.c.step, sa.func.count(failed.c.job_id.distinct()))
        .where(failed.c.code.in_((Code.PROVIDER_FAILED.value, Code.MISCONFIGURED.value)))
        .group_by(failed.c.step)
    )
    return {Step(step): number for step, number in rows}


def _failed(who: Principal, wanted: Wanted) -> sa.Select[Any]:
    """Those of the organisations that `who` runs."""
    return _every(wanted, staffed_by(who))


def _every(wanted: Wanted, seen: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Every failure: of languages, and of jobs that failed before they had any."""
    unscoped("narrowed by `seen`")
    at: Any = sa.func.coalesce(col(JobLanguage.projected_at), col(Job.updated_at))
    of_language = (
        sa.select(
            col(Job.id).label("job_id"), col(JobLanguage.failure).label("failure"), at.label("failed_at")
        )
        .join(JobLanguage, col(JobLanguage.job_id) == col(Job.id))
        .where(seen, *_places(wanted), col(JobLanguage.stage) == LanguageStage.FAILED)
    )
    before: Any = sa.func.coalesce(col(Job.projected_at), col(Job.updated_at))
    of_job = sa.select(col(Job.id), col(Job.failure), before).where(
        seen,
        *_places(wanted),
        col(Job.failure)["language"].astext.is_(None),
    )
    every = sa.union_all(of_language, of_job).subquery("every")
    told = {name: every.c.failure[name].astext for name in ("step", "language", "code", "reason")}
    query = sa.select(
        every.c.job_id, every.c.failed_at, *(value.label(name) for name, value in told.items())
    ).where(told["step"].is_not(None))
    for column, value in ((told["step"], wanted.step), (told["code"], wanted.code)):
        if value is not None:
            query = query.where(column == value)
    return query if wanted.since is None else query.where(every.c.failed_at >= wanted.since)


def _places(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    by = {Job.org_id: wanted.org_id, Job.client_id: wanted.client_id}
    return [
        col(Job.status) == JobStatus.FAILED,
        *(col(column) == value for column, value in by.items() if value is not None),
    ]


def _pairs(failed: Any) -> list[Any]:
    pairs: list[Any] = []
    for name in ("step", "language", "code", "reason", "failed_at"):
        pairs += [sa.literal_column(f"'{name}'"), failed.c[name]]
    return pairs


async def _counted(session: AsyncSession, failed: Any) -> tuple[list[Counted], int]:
    """By step and reason, the most frequent first; and all jobs together."""
    jobs = sa.func.count(failed.c.job_id.distinct()).label("jobs")
    each = sa.tuple_(failed.c.step, failed.c.code)
    rows = await session.execute(
        sa.select(failed.c.step, failed.c.code, jobs)
        .group_by(sa.func.grouping_sets(each, sa.text("()")))
        .order_by(sa.desc("jobs"), failed.c.step, failed.c.code)
    )
    counts, total = [], 0
    for step, code, number in rows:
        if step is None:
            total = number
        else:
            counts.append(Counted(Step(step), code, number))
    return counts, total
