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
from schema.enums import JobStatus, Step
from schema.permissions import Principal
from schema.queries.arrays import among
from schema.queries.named import COUNT_LIMIT
from schema.queries.visibility import staffed_by, unscoped
from schema.tables import Job, JobLanguage, now
from schema.tables.jobs import HAS_FAILED


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
    """The jobs that failed last come first; `counts` are of all pages. Two statements, of which the first looks at every
    failure once."""
    failed = _failed(who, wanted).cte("failed").prefix_with("materialized")
    at = sa.func.max(failed.c.failed_at)
    last = (
        sa.select(failed.c.job_id, at.label("failed_at"))
        .group_by(failed.c.job_id)
        .order_by(at.desc(), failed.c.job_id)
        .offset(offset)
        .limit(limit)
        .subquery("last")
    )
    told = sa.func.jsonb_build_object(*_pairs(failed))
    newest = (
        sa.select(
            last.c.job_id,
            last.c.failed_at,
            sa.func.jsonb_agg(aggregate_order_by(told, failed.c.failed_at.desc())).label("failures"),
        )
        .join(failed, failed.c.job_id == last.c.job_id)
        .group_by(last.c.job_id, last.c.failed_at)
        .subquery("newest")
    )
    counted = _counted(failed)
    row = await session.execute(sa.select(_all_of(newest), _all_of(counted)))
    page, numbers = row.one()
    shown = {each["job_id"]: each for each in page or ()}
    rows = await session.execute(
        sa.select(*(getattr(Job, name) for name in _SHOWN)).where(
            among(col(Job.id), map(UUID, shown)), staffed_by(who)
        )
    )
    items = [_item(each._mapping, shown[str(each.id)]) for each in rows]
    items.sort(key=lambda each: (-each.failed_at.timestamp(), str(each.id)))
    total = next((each["jobs"] for each in numbers if each["step"] is None), 0)
    counts = [Counted(Step(each["step"]), each["code"], each["jobs"]) for each in numbers if each["step"]]
    counts.sort(key=lambda each: (-each.jobs, each.step, each.code))
    return Found(items, counts, min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT)


def _all_of(rows: Any) -> Any:
    """Each row as JSON, in one value."""
    return (
        sa.select(sa.func.jsonb_agg(sa.func.to_jsonb(sa.literal_column(rows.name))))
        .select_from(rows)
        .scalar_subquery()
    )


def _item(job: Mapping[Any, Any], failed: Mapping[str, Any]) -> FailedJob:
    at = datetime.fromisoformat(failed["failed_at"])
    return FailedJob(**job, failed_at=at, failures=failed["failures"])


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
        .where(seen, *_places(wanted), sa.text(HAS_FAILED))
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


def _counted(failed: Any) -> Any:
    """Jobs by step and reason, and all together, where there is no step."""
    jobs = sa.func.count(failed.c.job_id.distinct()).label("jobs")
    each = sa.tuple_(failed.c.step, failed.c.code)
    return (
        sa.select(failed.c.step, failed.c.code, jobs)
        .group_by(sa.func.grouping_sets(each, sa.text("()")))
        .subquery("counted")
    )
