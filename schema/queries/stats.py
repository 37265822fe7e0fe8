"""Statistics over a period, by organisation and client, from data stored at the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from schema.enums import Gate, JobStatus
from schema.queries.visibility import unscoped
from schema.tables import AuditEntry, Job, Organization, StepRun, TextMeasure
from schema.tables.people import Client

_ADMINS = "figures, for an admin"
Rows = Sequence[Any]


class By(StrEnum):
    """How figures are grouped."""

    NOTHING = "nothing"
    ORGANISATION = "organisation"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The jobs and the period, from `since` until before `until`."""

    since: datetime
    until: datetime
    by: By = By.NOTHING
    org_id: UUID | None = None
    client_id: UUID | None = None

    @property
    def jobs(self) -> list[sa.ColumnElement[bool]]:
        by = {Job.org_id: self.org_id, Job.client_id: self.client_id}
        return [col(column) == value for column, value in by.items() if value is not None]

    def within(self, column: Any) -> sa.ColumnElement[bool]:
        return sa.and_(column >= self.since, column < self.until)

    @property
    def group(self) -> tuple[Any, Any]:
        """The organisation and the client of a figure; null if it is of all."""
        none: Any = sa.cast(sa.null(), sa.Uuid)
        org: Any = none if self.by is By.NOTHING else col(Job.org_id)
        client: Any = col(Job.client_id) if self.by is By.CLIENT else none
        return (org.label("org_id"), client.label("client_id"))

    @property
    def grouped(self) -> list[Any]:
        return {
            By.NOTHING: [],
            By.ORGANISATION: [col(Job.org_id)],
            By.CLIENT: [col(Job.org_id), col(Job.client_id)],
        }[self.by]


_MINUTES = sa.cast(col(Job.state)["artifacts"]["duration_ms"].astext, sa.Numeric) / 60_000
"""Duration of the source, once it was probed."""


async def by_status(session: AsyncSession, wanted: Wanted) -> Rows:
    """(org_id, client_id, status, jobs) as it is now, without what is deleted."""
    unscoped(_ADMINS)
    query = sa.select(*wanted.group, col(Job.status), sa.func.count()).where(
        *wanted.jobs, col(Job.deleted_at).is_(None)
    )
    return await _rows(session, query.group_by(*wanted.grouped, col(Job.status)))


async def by_day(session: AsyncSession, wanted: Wanted) -> Rows:
    """(org_id, client_id, day, created, completed, minutes): the days in UTC on which jobs were made, and completed last,
    with the minutes of their sources. Work on what was deleted since was done all the same."""
    unscoped(_ADMINS)
    parts = []
    for column, created in ((col(Job.created_at), 1), (col(Job.completed_at), 0)):
        at: Any = sa.cast(sa.func.timezone("UTC", column), sa.Date).label("day")
        done = [] if created else [col(Job.status) == JobStatus.COMPLETED]
        counts = (sa.literal(created), sa.literal(1 - created), sa.literal(0) if created else _MINUTES)
        named = (
            each.label(name) for each, name in zip(counts, ("created", "completed", "minutes"), strict=True)
        )
        parts.append(sa.select(*wanted.group, at, *named).where(*wanted.jobs, *done, wanted.within(column)))
    every = sa.union_all(*parts).subquery("every")
    sums = [sa.func.coalesce(sa.func.sum(every.c[name]), 0) for name in ("created", "completed", "minutes")]
    keys = (every.c.org_id, every.c.client_id, every.c.day)
    query: sa.Select[Any] = sa.select(*keys, *sums).group_by(*keys).order_by(every.c.day)
    return await _rows(session, query)


async def of_texts(session: AsyncSession, wanted: Wanted) -> Rows:
    """(org_id, client_id, texts, cues, words, cues of texts that had a draft, those of them that people changed)."""
    unscoped(_ADMINS)
    drafted = col(TextMeasure.drafted)
    query = (
        sa.select(
            *wanted.group,
            sa.func.count(),
            sa.func.sum(col(TextMeasure.cues)),
            sa.func.sum(col(TextMeasure.words)),
            sa.func.coalesce(sa.func.sum(col(TextMeasure.cues)).filter(drafted), 0),
            sa.func.coalesce(sa.func.sum(col(TextMeasure.cues_changed)).filter(drafted), 0),
        )
        .join(Job, col(Job.id) == col(TextMeasure.job_id))
        .where(*wanted.jobs, wanted.within(col(TextMeasure.measured_at)))
    )
    return await _rows(session, _grouped(query, wanted))


async def of_steps(session: AsyncSession, wanted: Wanted) -> Rows:
    """(org_id, client_id, step, runs, reused, median ms, 90th percentile, the same a minute of the source, median and
    90th percentile of the wait in the queue).

    A step of a language is as long as its parts together, each as it was last made. What was found and not made again
    has no length.
    """
    unscoped(_ADMINS)
    last = (
        sa.select(StepRun)
        .ext(distinct_on(col(StepRun.job_id), col(StepRun.language), col(StepRun.activity)))
        .where(wanted.within(col(StepRun.ended_at)), col(StepRun.reused).is_(False))
        .order_by(
            col(StepRun.job_id), col(StepRun.language), col(StepRun.activity), col(StepRun.ended_at).desc()
        )
        .subquery("last")
    )
    whole = (
        sa.select(
            last.c.job_id,
            last.c.step,
            sa.func.sum(last.c.took_ms).label("took"),
            sa.func.sum(last.c.waited_ms).label("waited"),
        )
        .group_by(last.c.job_id, last.c.language, last.c.step)
        .subquery("whole")
    )
    a_minute = whole.c.took / sa.func.nullif(_MINUTES, 0)
    figures = [
        _percentile(each, of) for each in (whole.c.took, a_minute, whole.c.waited) for of in (0.5, 0.9)
    ]
    query = (
        sa.select(*wanted.group, whole.c.step, sa.func.count(), *figures)
        .join(Job, col(Job.id) == whole.c.job_id)
        .where(*wanted.jobs)
        .group_by(*wanted.grouped, whole.c.step)
    )
    return await _rows(session, query)


def _percentile(column: Any, of: float) -> Any:
    return sa.func.percentile_cont(of).within_group(column.asc())


_DECISIONS = {
    "job.approve_source": (Gate.SOURCE_QC, 1),
    "job.approve_english": (Gate.SOURCE_QC, 1),
    "job.reject": (Gate.SOURCE_QC, 0),
    "language.approve": (Gate.LANGUAGE_QC, 1),
    "language.reject": (Gate.LANGUAGE_QC, 0),
    "job.complete": (Gate.FINAL_REVIEW, 1),
    "job.reject_final": (Gate.FINAL_REVIEW, 0),
    "job.return_to_qc": (Gate.FINAL_REVIEW, 0),
}
"""Of the audit log: which gate, and whether it was passed."""


async def of_gates(session: AsyncSession, wanted: Wanted) -> Rows:
    """(org_id, client_id, gate, decided, passed): what came to its first decision at a gate within the period, and how
    much of that was passed by it. The audit log knows."""
    unscoped(_ADMINS)
    earlier: Any = aliased(AuditEntry)
    gate, passed = _decision_of(col(AuditEntry.action))
    first = (
        sa.select(col(AuditEntry.thing_id), gate.label("gate"), passed.label("passed"))
        .ext(distinct_on(col(AuditEntry.thing_id), gate))
        .where(
            col(AuditEntry.action).in_(_DECISIONS),
            wanted.within(col(AuditEntry.created_at)),
            ~sa.exists().where(
                earlier.thing_id == col(AuditEntry.thing_id),
                earlier.created_at < wanted.since,
                earlier.action.in_(_DECISIONS),
                _decision_of(earlier.action)[0] == gate,
            ),
        )
        .order_by(col(AuditEntry.thing_id), gate, col(AuditEntry.created_at))
        .subquery("first")
    )
    job_id: Any = sa.cast(sa.func.left(first.c.thing_id, 36), sa.Uuid)
    query = (
        sa.select(*wanted.group, first.c.gate, sa.func.count(), sa.func.sum(first.c.passed))
        .join(Job, col(Job.id) == job_id)
        .where(*wanted.jobs)
        .group_by(*wanted.grouped, first.c.gate)
    )
    return await _rows(session, query)


def _decision_of(action: Any) -> tuple[Any, Any]:
    gates = {name: gate.value for name, (gate, _) in _DECISIONS.items()}
    passes = {name: passed for name, (_, passed) in _DECISIONS.items()}
    return (
        sa.case(*((action == name, sa.literal_column(f"'{gate}'")) for name, gate in gates.items())),
        sa.case(*((action == name, sa.literal_column(str(passed))) for name, passed in passes.items())),
    )


async def names(session: AsyncSession) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """Names of all organisations, and of all clients."""
    unscoped("an admin sees all")
    orgs = await session.execute(sa.select(col(Organization.id), col(Organization.name)))
    clients = await session.execute(sa.select(col(Client.id), col(Client.name)))
    return {row.id: row.name for row in orgs}, {row.id: row.name for row in clients}


async def _rows(session: AsyncSession, query: sa.Select[Any]) -> Rows:
    found: Rows = (await session.execute(query)).all()
    return found


def _grouped(query: sa.Select[Any], wanted: Wanted) -> sa.Select[Any]:
    """Without grouping there is exactly one row, even if it is empty."""
    return query.group_by(*wanted.grouped) if wanted.grouped else query
