"""What a snapshot writes beside its row: the audit entry of a decision, the event, and the failure in the job's history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.job import JobSnapshot
from schema.contracts.language import LanguageSnapshot
from schema.contracts.steps import Failure
from schema.queries import audit, events
from schema.tables import Job, JobFailure, JobLanguage

_NOT_SAID = {"action", "actor", "id", "address", "revision", "run_id"}
"""Fields of a decision that other columns of the entry hold, or that only the workflow needs."""


def request_of(snapshot: JobSnapshot | LanguageSnapshot) -> str:
    """The id of the request that decided. A decision from Temporal's UI has none: its place in its run is used."""
    decision = snapshot.decision
    return (decision and decision.id) or f"{snapshot.run_id}/{snapshot.sequence}"


async def audit_decision(
    session: AsyncSession,
    snapshot: JobSnapshot | LanguageSnapshot,
    thing: str,
    thing_id: object,
    now: dict[str, str],
) -> None:
    """Writes a person's decision to the audit log, in the transaction of its projection: once, however often the snapshot
    is written, and also if the API died before it answered, or the decision came from Temporal's UI."""
    if snapshot.actor is None or snapshot.event is None:
        return
    decision, said = snapshot.decision, {}
    if decision is not None:
        said = decision.model_dump(mode="json", exclude=_NOT_SAID, exclude_defaults=True)
    by = {} if snapshot.actor.user_id else {"by": snapshot.actor.name}
    await audit.record(
        session,
        actor_id=snapshot.actor.user_id,
        request_id=request_of(snapshot),
        action=f"{thing}.{snapshot.event}",
        thing=thing,
        thing_id=thing_id,
        address=decision.address if decision else None,
        before=dict.fromkeys(now, snapshot.before) if snapshot.before else None,
        after={**now, **said, **by},
    )


async def tell(
    session: AsyncSession,
    snapshot: JobSnapshot | LanguageSnapshot,
    type: str,
    data: dict[str, Any],
    language: str | None = None,
) -> None:
    """Writes the event of a snapshot."""
    await events.record(
        session,
        job_id=snapshot.job.job_id,
        org_id=snapshot.job.org_id,
        type=type,
        data=data,
        language=language,
        actor_id=snapshot.actor.user_id if snapshot.actor else None,
        decision_id=snapshot.decision_id,
    )


async def is_new_failure(
    session: AsyncSession, job_id: UUID, failure: Failure, language: str | None = None
) -> bool:
    """Whether the row does not have this failure yet. The row stays locked until commit."""
    known: sa.Select[Any] = sa.select(col(Job.failure)).where(col(Job.id) == job_id)
    if language is not None:
        of_language = (col(JobLanguage.job_id) == job_id, col(JobLanguage.language) == language)
        known = sa.select(col(JobLanguage.failure)).where(*of_language)
    told: dict[str, Any] | None = await session.scalar(known.with_for_update(key_share=True))
    return told != failure.model_dump(mode="json")


async def note_failure(session: AsyncSession, job_id: UUID, failure: Failure) -> None:
    """Adds the failure to the job's history."""
    told = failure.model_dump()
    session.add(JobFailure(job_id=job_id, **told))
    await session.flush()
