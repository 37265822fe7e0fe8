"""Failed jobs, with the failures of each, and how often each reason occurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.codes import Code
from schema.enums import Step
from schema.permissions import Principal
from schema.queries.arrays import among
from schema.queries.named import COUNT_LIMIT
from schema.queries.visibility import staffed_by, unscoped
from schema.tables import Job, JobLanguage, now
from schema.tables.jobs import HAS_FAILED


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the list; None does not filter. A job is listed while one of its failures matches."""

    step: Step | None = None
    code: str | None = None
    org_id: UUID | None = None
    client_id: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job with its matching failures, as JSON (step, language, code, reason, failed_at)."""

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
    """The jobs that failed last come first; `counts` are of all pages. Three statements, of which the first looks at every
    failure once, in indexes alone. Own failures are one a job: only those of languages are told apart by job."""
    of_languages, own = _arms(wanted, staffed_by(who))
    mine = own.cte("own").prefix_with("materialized")
    theirs = _by_job(of_languages, wanted).cte("theirs").prefix_with("materialized")
    last, counted = _last(mine, theirs, offset, limit), _counted(mine, theirs)
    alone = sa.select(sa.func.count(theirs.c.job_id.distinct())).where(theirs.c.alone).scalar_subquery()
    total = alone + sa.select(sa.func.count()).select_from(mine).scalar_subquery()
    row = (await session.execute(sa.select(_all_of(last), _all_of(counted), total))).one()
    shown = {UUID(found["job_id"]): datetime.fromisoformat(found["failed_at"]) for found in row[0] or ()}
    items = await _told(session, who, wanted, shown) if shown else []
    counts = [Counted(Step(found["step"]), found["code"], found["jobs"]) for found in row[1] or ()]
    counts.sort(key=lambda each: (-each.jobs, each.step, each.code))
    return Found(items, counts, min(row[2], COUNT_LIMIT), capped=row[2] > COUNT_LIMIT)


async def _told(
    session: AsyncSession, who: Principal, wanted: Wanted, shown: Mapping[UUID, datetime]
) -> list[FailedJob]:
    """These jobs in order, with their failures."""
    rows = await session.execute(_every(wanted, staffed_by(who), of=list(shown)))
    told: dict[UUID, list[tuple[datetime, dict[str, Any]]]] = {job_id: [] for job_id in shown}
    for row in rows:
        said = {name: row.failure.get(name) for name in ("step", "language", "code", "reason")}
        told[row.job_id].append((row.failed_at, {**said, "failed_at": row.failed_at.isoformat()}))
    jobs = await session.execute(
        sa.select(*(getattr(Job, name) for name in _SHOWN)).where(among(col(Job.id), shown), staffed_by(who))
    )
    found = {job.id: job._mapping for job in jobs}
    items = [
        FailedJob(
            **found[job_id],
            failed_at=at,
            failures=[each for _, each in sorted(told[job_id], key=lambda each: each[0], reverse=True)],
        )
        for job_id, at in shown.items()
        if job_id in found
    ]
    return sorted(items, key=lambda each: (-each.failed_at.timestamp(), str(each.id)))


def _all_of(rows: Any) -> Any:
    """Each row as JSON, in one value."""
    return (
        sa.select(sa.func.jsonb_agg(sa.func.to_jsonb(sa.literal_column(rows.name))))
        .select_from(rows)
        .scalar_subquery()
    )


_AT: Any = sa.func.coalesce(col(JobLanguage.failed_at), col(JobLanguage.projected_at), col(Job.updated_at))
_OWN_AT: Any = sa.func.coalesce(col(Job.failed_at), col(Job.projected_at), col(Job.updated_at))
_SHOWN = ("id", "title", "org_id", "client_id", "project_id", "source_language", "created_at")


async def of_providers(session: AsyncSession, lately: timedelta = timedelta(hours=1)) -> Mapping[Step, int]:
    """In how many jobs, of all organisations, each step's provider failed recently, or was not configured for the
    request."""
    unscoped("numbers, for an admin")
    wanted = Wanted(since=now() - lately)
    failed = _every(wanted, col(Job.deleted_at).is_(None)).subquery("failed")
    rows = await session.execute(
        sa.select(failed.c.step, sa.func.count(failed.c.job_id.distinct()))
        .where(failed.c.code.in_((Code.PROVIDER_FAILED.value, Code.MISCONFIGURED.value)))
        .group_by(failed.c.step)
    )
    return {Step(step): number for step, number in rows}


def _every(wanted: Wanted, seen: sa.ColumnElement[bool], of: Sequence[UUID] | None = None) -> sa.Select[Any]:
    """Every failure (job_id, step, code, failed_at). `of` names the jobs, and then `failure` is all that is said."""
    return sa.select(*sa.union_all(*_arms(wanted, seen, of)).subquery("every").c)


def _arms(
    wanted: Wanted, seen: sa.ColumnElement[bool], of: Sequence[UUID] | None = None
) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Failures of languages, and of jobs that failed before they had any."""
    unscoped("narrowed by `seen`")
    arms = []
    for row, failed_at in ((JobLanguage, _AT), (Job, _OWN_AT)):
        step, code = col(row.failed_step), col(row.failed_code)
        columns = [
            col(Job.id).label("job_id"),
            step.label("step"),
            code.label("code"),
            failed_at.label("failed_at"),
        ]
        if of is not None:
            columns.append(col(row.failure).label("failure"))
        arm = sa.select(*columns).where(seen, *_places(wanted), *_is_wanted(wanted, row, failed_at))
        if row is JobLanguage:
            arm = arm.join(JobLanguage, col(JobLanguage.job_id) == col(Job.id)).where(sa.text(HAS_FAILED))
        arms.append(arm if of is None else arm.where(among(col(Job.id), of)))
    return arms[0], arms[1]


def _is_wanted(
    wanted: Wanted, row: type[JobLanguage] | type[Job], failed_at: sa.ColumnElement[Any]
) -> list[sa.ColumnElement[bool]]:
    step, code = col(row.failed_step), col(row.failed_code)
    found: list[sa.ColumnElement[bool]] = [step.is_not(None)]
    found += [
        column == value for column, value in ((step, wanted.step), (code, wanted.code)) if value is not None
    ]
    return found if wanted.since is None else [*found, failed_at >= wanted.since]


def _places(wanted: Wanted) -> list[Any]:
    by = {Job.org_id: wanted.org_id, Job.client_id: wanted.client_id}
    return [
        sa.text("jobs.status = 'failed'"),  # as in the index
        *(col(column) == value for column, value in by.items() if value is not None),
    ]


def _by_job(of_languages: sa.Select[Any], wanted: Wanted) -> sa.Select[Any]:
    """Once a job, step and code: whether the job's own failure is not wanted beside it (`alone`), and whether that is not
    of the same step and code (`other`)."""
    own = sa.and_(*_is_wanted(wanted, Job, _OWN_AT))
    same = sa.and_(
        own,
        col(Job.failed_step) == col(JobLanguage.failed_step),
        col(Job.failed_code).is_not_distinct_from(col(JobLanguage.failed_code)),
    )
    every = of_languages.add_columns(
        own.is_not(sa.true()).label("alone"), same.is_not(sa.true()).label("other")
    )
    rows = every.subquery("of_languages").c
    once = (rows.job_id, rows.step, rows.code, rows.alone, rows.other)
    return sa.select(*once, sa.func.max(rows.failed_at).label("failed_at")).group_by(*once)


def _last(mine: sa.CTE, theirs: sa.CTE, offset: int, limit: int) -> sa.Subquery:
    """The jobs of one page with their last failure. Whoever is on it is among the first of one of the two."""
    by_job = sa.select(theirs.c.job_id, sa.func.max(theirs.c.failed_at).label("failed_at")).group_by(
        theirs.c.job_id
    )
    firsts = []
    for rows in (mine, by_job.subquery("by_job")):
        order = (rows.c.failed_at.desc(), rows.c.job_id)
        first = sa.select(rows.c.job_id, rows.c.failed_at).order_by(*order).limit(offset + limit)
        firsts.append(sa.select(first.subquery()))
    all_of = sa.union_all(*firsts).subquery("first")
    at = sa.func.max(all_of.c.failed_at).label("failed_at")
    page = sa.select(all_of.c.job_id, at).group_by(all_of.c.job_id).order_by(at.desc(), all_of.c.job_id)
    return page.offset(offset).limit(limit).subquery("last")


def _counted(mine: sa.CTE, theirs: sa.CTE) -> sa.Subquery:
    """Jobs by step and reason."""
    parts = []
    for rows, condition in ((mine, sa.true()), (theirs, theirs.c.other)):
        named = (rows.c.step, rows.c.code)
        parts.append(sa.select(*named, sa.func.count().label("jobs")).where(condition).group_by(*named))
    every = sa.union_all(*parts).subquery("parts").c
    jobs = sa.func.sum(every.jobs).label("jobs")
    return sa.select(every.step, every.code, jobs).group_by(every.step, every.code).subquery("counted")
