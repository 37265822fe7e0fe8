"""People who may not do the work any more that they are assigned to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import LanguageStage, QCState
from schema.queries.users import why_not_assigned
from schema.queries.visibility import unscoped
from schema.tables import Departure, Job, JobLanguage, Membership
from schema.transitions import CLOSED


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody is assigned to, in an open job."""

    job_id: UUID
    language: str
    is_source: bool
    revision: int
    as_reviewer: bool


async def note(session: AsyncSession, org_id: UUID, user_id: UUID) -> None:
    """Has the sweep look, in the transaction of whatever changed; it leaves alone what they may do all the same."""
    unscoped("of a member whom a guard handed over")
    new = insert(Departure).values(**Departure(org_id=org_id, user_id=user_id).model_dump())
    await session.execute(new.on_conflict_do_nothing(index_elements=["org_id", "user_id"]))


async def note_everywhere(session: AsyncSession, user_id: UUID) -> None:
    """As `note`, in all of their organisations: before they leave these."""
    unscoped("of a user whom a guard handed over")
    orgs = await session.scalars(sa.select(col(Membership.org_id)).where(col(Membership.user_id) == user_id))
    for org_id in orgs.all():
        await note(session, org_id, user_id)


async def waiting(session: AsyncSession, *, limit: int) -> Sequence[Departure]:
    """In no order: those that cannot be seen to must not stand in the way of the others."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(sa.select(Departure).order_by(sa.func.random()).limit(limit))
    return found.all()


async def forget(session: AsyncSession, departure: Departure) -> None:
    unscoped("the sweep serves all organisations")
    await session.execute(sa.delete(Departure).where(col(Departure.id) == departure.id))


async def work_of(session: AsyncSession, org_id: UUID, user_id: UUID) -> list[Work]:
    """All that they are assigned to in the organisation and that is not done, oldest first."""
    unscoped("of a member whom a guard handed over, or of a departure")
    found: list[Work] = []
    for as_reviewer, person in ((False, col(JobLanguage.linguist_id)), (True, col(JobLanguage.reviewer_id))):
        rows = await session.execute(
            sa.select(
                col(JobLanguage.job_id),
                col(JobLanguage.language),
                col(JobLanguage.is_source),
                col(JobLanguage.revision),
            )
            .join(Job, col(Job.id) == col(JobLanguage.job_id))
            .where(
                person == user_id,
                col(Job.org_id) == org_id,
                col(Job.status).not_in(CLOSED),
                col(Job.deleted_at).is_(None),
                col(JobLanguage.qc_state) != QCState.APPROVED,
                col(JobLanguage.stage) != LanguageStage.REMOVED,
            )
            .order_by(col(Job.created_at), col(JobLanguage.language))
        )
        found += [Work(*row, as_reviewer) for row in rows]
    return found


async def to_take_away(session: AsyncSession, org_id: UUID, user_id: UUID) -> list[Work]:
    """Of `work_of`, what they may not do as they are now."""
    refused = {
        as_reviewer: await why_not_assigned(session, user_id, org_id, as_reviewer=as_reviewer) is not None
        for as_reviewer in (False, True)
    }
    return [work for work in await work_of(session, org_id, user_id) if refused[work.as_reviewer]]
