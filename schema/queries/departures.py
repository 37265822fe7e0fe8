"""Departures: people who may no longer do the work that they are assigned to.

Finished work keeps their names. It may be reopened at any time and in several ways, so a departure is kept as long as a
language names the person, who is unassigned from any unfinished or reopened work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import QCState
from schema.queries.users import why_not_assigned
from schema.queries.visibility import unscoped
from schema.tables import Departure, Job, JobLanguage, Membership
from schema.tables.jobs import NOT_DONE, OF_SOURCE
from schema.transitions import CLOSED


@dataclass(frozen=True, slots=True)
class Work:
    """Work in an open job that somebody is assigned to."""

    job_id: UUID
    language: str
    is_source: bool
    revision: int
    as_reviewer: bool


async def note(session: AsyncSession, org_id: UUID, user_id: UUID) -> None:
    """Notifies the sweep, in the transaction of the change. The sweep leaves alone what the person may still do. A
    second departure gets a new id, so that it is decided again."""
    unscoped("of a member whom a guard handed over")
    new = insert(Departure).values(**Departure(org_id=org_id, user_id=user_id).model_dump())
    again = {"id": new.excluded.id}
    await session.execute(new.on_conflict_do_update(index_elements=["org_id", "user_id"], set_=again))


async def note_everywhere(session: AsyncSession, user_id: UUID) -> None:
    """Like `note`, in all of their organisations, before they leave these."""
    unscoped("of a user whom a guard handed over")
    orgs = await session.scalars(sa.select(col(Membership.org_id)).where(col(Membership.user_id) == user_id))
    for org_id in orgs.all():
        await note(session, org_id, user_id)


async def waiting(session: AsyncSession, *, limit: int) -> Sequence[Departure]:
    """Departures with unfinished work, or without any language that names the person. Unordered, so that failing ones
    do not block the others."""
    unscoped("the sweep serves all organisations")
    org, user = col(Departure.org_id), col(Departure.user_id)
    at_work = [_named(person == user, org, each, *_OPEN) for person in _PEOPLE.values() for each in _NOT_DONE]
    anywhere = [_named(person == user, org) for person in _PEOPLE.values()]
    query = sa.select(Departure).where(sa.or_(*at_work, sa.not_(sa.or_(*anywhere))))
    found = await session.scalars(query.order_by(sa.func.random()).limit(limit))
    return found.all()


async def is_over(session: AsyncSession, departure: Departure) -> bool:
    """Whether no language names them, finished or not, whose work they may not do now."""
    unscoped("the sweep serves all organisations")
    refused = await _refused(session, departure.org_id, departure.user_id)
    left = [
        _named(person == departure.user_id, departure.org_id)
        for as_reviewer, person in _PEOPLE.items()
        if refused[as_reviewer]
    ]
    return not await session.scalar(sa.select(sa.or_(sa.false(), *left)))


async def forget(session: AsyncSession, departure: Departure) -> None:
    unscoped("the sweep serves all organisations")
    await session.execute(sa.delete(Departure).where(col(Departure.id) == departure.id))


async def work_of(session: AsyncSession, org_id: UUID, user_id: UUID) -> list[Work]:
    """All unfinished work in the organisation that they are assigned to, oldest first."""
    unscoped("of a member whom a guard handed over, or of a departure")
    found: list[Work] = []
    for as_reviewer, person in _PEOPLE.items():
        rows = await session.execute(
            sa.select(
                col(JobLanguage.job_id),
                col(JobLanguage.language),
                col(JobLanguage.is_source),
                col(JobLanguage.revision),
            )
            .join(Job, col(Job.id) == col(JobLanguage.job_id))
            .where(person == user_id, col(Job.org_id) == org_id, sa.or_(*_NOT_DONE), *_OPEN)
            .order_by(col(Job.created_at), col(JobLanguage.language))
        )
        found += [Work(*row, as_reviewer) for row in rows]
    return found


async def to_take_away(session: AsyncSession, org_id: UUID, user_id: UUID) -> list[Work]:
    """The part of `work_of` that they may not do now."""
    refused = await _refused(session, org_id, user_id)
    return [work for work in await work_of(session, org_id, user_id) if refused[work.as_reviewer]]


_PEOPLE = {False: col(JobLanguage.linguist_id), True: col(JobLanguage.reviewer_id)}
"""By whether they review."""
_OPEN: tuple[Any, ...] = (
    col(Job.status).not_in(CLOSED),
    col(Job.deleted_at).is_(None),
    col(JobLanguage.qc_state) != QCState.APPROVED,
)
_NOT_DONE: tuple[Any, ...] = (sa.text(f"job_languages.{OF_SOURCE}"), sa.text(f"job_languages.{NOT_DONE}"))
"""Predicates of open jobs, each with an index. The source counts as in work whatever its own workflow does, since it
ends with its job."""


async def _refused(session: AsyncSession, org_id: UUID, user_id: UUID) -> dict[bool, bool]:
    """Whether they may not translate, and whether they may not review."""
    return {
        as_reviewer: await why_not_assigned(session, user_id, org_id, as_reviewer=as_reviewer) is not None
        for as_reviewer in _PEOPLE
    }


def _named(person: Any, org_id: Any, *conditions: Any) -> Any:
    """Whether a language of the organisation's jobs matches `person`."""
    query = sa.select(col(JobLanguage.job_id)).join(Job, col(Job.id) == col(JobLanguage.job_id))
    return sa.exists(query.where(person, col(Job.org_id) == org_id, *conditions))
