"""The content of digests: what began to wait for a person, to be due or to be late in a period.

Each query filters by the period first, with the indexes of active work, and costs the same however many jobs there are.
The periods are consecutive, so nothing is reported twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import JobStatus, QCState, Role
from schema.queries.visibility import unscoped
from schema.tables import ClientManager, Job, JobEvent, JobLanguage, Membership, Team, TeamMember, User
from schema.tables.jobs import AT_WORK, HEARD_AT, IS_OPEN, OF_SOURCE, SUBMITTED
from schema.transitions import SOURCE_APPROVED

_heard_at: sa.ColumnElement[Any] = sa.literal_column(HEARD_AT, sa.DateTime(timezone=True))
_SOON = timedelta(days=1)
_SKEW = timedelta(minutes=1)
"""Tolerance between the clock of the server that writes a row and that of its events."""
_SOURCE_QC = (JobStatus.PENDING_QC,)


class Group(StrEnum):
    """The reason why something is in a digest."""

    OVERDUE = "overdue"
    DUE_TOMORROW = "due_tomorrow"
    TO_REVIEW = "to_review"
    SOURCE_QC = "source_qc"
    FINAL_REVIEW = "final_review"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Item:
    """`at` is when it is due, or since when it waits."""

    job_id: UUID
    title: str
    language: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """The first of a group, and how many there are."""

    items: list[Item]
    number: int


async def people(session: AsyncSession, since: datetime, until: datetime) -> list[UUID]:
    """The people who have something in the period (since, until]. Services receive no mail."""
    unscoped("the sweep serves all organisations")
    everything = _everything(since, until)
    services = sa.select(col(User.id)).where(col(User.is_service))
    told = sa.select(everything.c.user_id).where(everything.c.user_id.not_in(services))
    found = await session.scalars(told.distinct())
    return list(found)


async def of(
    session: AsyncSession, user_id: UUID, since: datetime, until: datetime, *, each: int
) -> dict[Group, Told]:
    """What one of them is told, of what is still so: of each group the first `each` by their time, and how many it has."""
    unscoped("what belongs to the recipient of the mail, in organisations that they belong to")
    everything = _everything(since, until)
    order = [everything.c[name] for name in ("at", "job_id", "language")]
    ranked = (
        sa.select(
            everything,
            sa.func.row_number().over(partition_by=everything.c.kind, order_by=order).label("place"),
            sa.func.count().over(partition_by=everything.c.kind).label("number"),
        )
        .where(everything.c.user_id == user_id)
        .subquery("ranked")
    )
    rows = await session.execute(
        sa.select(ranked).where(ranked.c.place <= each).order_by(ranked.c.kind, ranked.c.place)
    )
    told: dict[Group, Told] = {}
    for row in rows:
        group = told.setdefault(Group(row.kind), Told([], row.number))
        group.items.append(Item(row.job_id, row.title, row.language, row.at))
    return told


def _everything(since: datetime, until: datetime) -> sa.Subquery:
    """All items. A job that a person reaches in two ways appears once."""
    tomorrow = (since + _SOON, until + _SOON)
    return sa.union(
        *_due(Group.OVERDUE, since, until),
        *_due(Group.DUE_TOMORROW, *tomorrow),
        _submitted(since, until),
        *_jobs(since, until),
    ).subquery()


def _due(group: Group, since: datetime, until: datetime) -> list[sa.Select[Any]]:
    """Languages that are due and whose turn it is; also source texts in source QC."""
    linguist, reviewer = col(JobLanguage.linguist_id), col(JobLanguage.reviewer_id)
    working = (QCState.ASSIGNED, QCState.IN_PROGRESS, QCState.REJECTED)
    reviewing = (QCState.SUBMITTED, QCState.IN_REVIEW)
    found = []
    for person, due, states in (
        (linguist, col(JobLanguage.due_at), working),
        (reviewer, col(JobLanguage.review_due_at), reviewing),
    ):
        span = (due > since, due <= until)
        turn = (sa.text(AT_WORK), *span, col(JobLanguage.qc_state).in_(states))
        found.append(_of_languages(group, person, due, *turn))
        source = (sa.text(f"job_languages.{OF_SOURCE}"), *span)
        found.append(_of_languages(group, person, due, *source, statuses=_SOURCE_QC))
    return found


def _submitted(since: datetime, until: datetime) -> sa.Select[Any]:
    at = col(JobLanguage.projected_at)
    reviewer = col(JobLanguage.reviewer_id)
    return _of_languages(Group.TO_REVIEW, reviewer, at, sa.text(SUBMITTED), at > since, at <= until)


def _of_languages(
    group: Group, person: Any, at: Any, *which: Any, statuses: Iterable[JobStatus] = SOURCE_APPROVED
) -> sa.Select[Any]:
    """Languages that match `which`, by its index, or those of few jobs."""
    unscoped("each row names who is told of it")
    return (
        sa.select(*_columns(group, person, col(Job.id), col(Job.title), col(JobLanguage.language), at))
        .select_from(Job)
        .join(JobLanguage, col(JobLanguage.job_id) == col(Job.id))
        .join(
            Membership, sa.and_(col(Membership.user_id) == person, col(Membership.org_id) == col(Job.org_id))
        )
        .where(
            col(Job.deleted_at).is_(None),
            col(Job.status).in_(statuses),
            person.is_not(None),
            *which,
        )
    )


def _jobs(since: datetime, until: datetime) -> list[sa.Select[Any]]:
    """Jobs: source QC for reviewers, by team or assignment; final review for the client's project managers; failures
    for the organisation's production."""
    unscoped("each row names who is told of it")
    recent = (
        sa.select(
            col(Job.id), col(Job.org_id), col(Job.client_id), col(Job.status), col(Job.title), _heard_at.label("at")
        )
        .where(sa.text(IS_OPEN), _heard_at > since, _heard_at <= until, sa.not_(_stood_there(since)))
        .cte("recent")
    )  # fmt: skip
    person = col(Membership.user_id)

    def of_role(group: Group, status: JobStatus, role: Role) -> sa.Select[Any]:
        return (
            sa.select(*_columns(group, person, recent.c.id, recent.c.title, sa.null(), recent.c.at))
            .select_from(recent)
            .join(Membership, col(Membership.org_id) == recent.c.org_id)
            .join(User, col(User.id) == person)
            .where(recent.c.status == status, sa.or_(col(User.role) == role, col(Membership.role) == role))
        )

    reached = sa.exists().where(
        col(TeamMember.user_id) == person,
        col(TeamMember.team_id) == col(Team.id),
        col(Team.client_id) == recent.c.client_id,
    )
    managed = sa.exists().where(
        col(ClientManager.user_id) == person, col(ClientManager.client_id) == recent.c.client_id
    )
    own = (
        sa.select(*_columns(Group.SOURCE_QC, person, recent.c.id, recent.c.title, sa.null(), recent.c.at))
        .select_from(recent)
        .join(JobLanguage, col(JobLanguage.job_id) == recent.c.id)
        .join(Membership, col(Membership.org_id) == recent.c.org_id)
        .where(
            recent.c.status == JobStatus.PENDING_QC,
            sa.text(f"job_languages.{OF_SOURCE}"),
            sa.or_(person == col(JobLanguage.linguist_id), person == col(JobLanguage.reviewer_id)),
        )
    )
    return [
        own,
        of_role(Group.SOURCE_QC, JobStatus.PENDING_QC, Role.REVIEWER).where(reached),
        of_role(Group.FINAL_REVIEW, JobStatus.PENDING_FINAL_REVIEW, Role.PROJECT_MANAGER).where(managed),
        of_role(Group.FAILED, JobStatus.FAILED, Role.PRODUCTION),
    ]


def _stood_there(since: datetime) -> sa.ColumnElement[bool]:
    """Whether a job was already at its status, and at no other since. Other decisions about it do not notify people
    again that it waits. Its events show this."""
    unscoped("of jobs whose rows name who is told")
    said: Any = col(JobEvent.data)["status"].astext
    of_job = (col(JobEvent.job_id) == col(Job.id), col(JobEvent.language).is_(None), said.is_not(None))
    began = since - _SKEW
    before = (
        sa.select(said)
        .where(*of_job, col(JobEvent.at) <= began)
        .order_by(col(JobEvent.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    left = sa.exists().where(*of_job, col(JobEvent.at) > began, said != sa.cast(col(Job.status), sa.String))
    return sa.and_(sa.func.coalesce(before == sa.cast(col(Job.status), sa.String), sa.false()), sa.not_(left))


def _columns(group: Group, person: Any, job_id: Any, title: Any, language: Any, at: Any) -> list[Any]:
    return [
        person.label("user_id"),
        sa.literal(group.value).label("kind"),
        job_id.label("job_id"),
        title.label("title"),
        sa.cast(language, sa.String).label("language"),
        at.label("at"),
    ]
