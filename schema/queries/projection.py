"""The projector's side of the rows: full snapshots, in order, whatever order they arrive in.

Snapshots are ordered by the time at which Temporal's server scheduled the activity, then by the workflow's own
sequence. So a reset, which starts the sequence again, does not lock the row, and a zombie cannot overwrite it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.job import JobSnapshot
from schema.contracts.language import LanguageSnapshot, LanguageState
from schema.contracts.people import Actor
from schema.enums import JobStatus, LanguageStage, QCState
from schema.tables import Job, JobEvent, JobLanguage, now

CHANNEL = "job_events"


async def write_job(session: AsyncSession, snapshot: JobSnapshot, scheduled: datetime) -> bool:
    """Write a job's snapshot; False where it, or a newer one, is there already: an attempt that is made again tells
    of nothing twice."""
    state = snapshot.state
    changed = await session.execute(
        sa.update(Job)
        .where(col(Job.id) == snapshot.job.job_id, _is_newer(Job, scheduled, snapshot.sequence))
        .values(
            status=state.status,
            step=state.step,
            revision=state.revision,
            failure=state.failure.model_dump(mode="json") if state.failure else None,
            reason=state.reason,
            requested_outputs=state.outputs.model_dump(mode="json"),
            state=state.model_dump(mode="json", exclude={"languages"}),
            started_at=sa.func.coalesce(col(Job.started_at), now()),
            completed_at=now() if state.status is JobStatus.COMPLETED else None,
            projected_at=scheduled,
            projected_sequence=snapshot.sequence,
            run_id=snapshot.run_id,
            updated_at=now(),
        )
        .returning(col(Job.id))
    )
    if changed.first() is None:
        return False
    for language in state.languages.values():
        await _announce(session, snapshot.job.job_id, language)
    data = {"status": state.status, "step": state.step, "revision": state.revision}
    await add_event(session, snapshot, snapshot.event or "status", None, snapshot.actor, data)
    return True


async def _announce(session: AsyncSession, job_id: UUID, language: LanguageState) -> None:
    """Where a decision about the job has begun a language anew, its row says so at once, before its own workflow
    does: whoever decided sees it. What the language knows better is left alone."""
    values: dict[str, Any] = {"stage": language.stage, "revision": language.revision}
    whole = {
        **values,
        "is_source": language.is_source,
        "qc_state": language.qc_state,
        "failure": None,
        "state": language.model_dump(mode="json"),
    }
    await session.execute(
        insert(JobLanguage)
        .values(job_id=job_id, language=language.language, locked=False, **whole)
        .on_conflict_do_update(
            index_elements=["job_id", "language"],
            set_=values if language.stage is LanguageStage.REMOVED else whole,
            where=sa.or_(
                col(JobLanguage.revision) < language.revision,
                sa.literal(language.stage is LanguageStage.REMOVED),
            ),
        )
    )


async def write_language(session: AsyncSession, snapshot: LanguageSnapshot, scheduled: datetime) -> bool:
    """Write a language's snapshot; False where it, or a newer one, is there already."""
    state = snapshot.state
    values = {
        "is_source": state.is_source,
        "stage": state.stage,
        "qc_state": state.qc_state,
        "revision": state.revision,
        "linguist_id": state.linguist_id,
        "reviewer_id": state.reviewer_id,
        "due_at": state.due_at,
        "failure": state.failure.model_dump(mode="json") if state.failure else None,
        "reason": state.reason,
        "state": state.model_dump(mode="json"),
        "progress": None,
        "projected_at": scheduled,
        "projected_sequence": snapshot.sequence,
        "run_id": snapshot.run_id,
    }
    statement = insert(JobLanguage).values(
        job_id=snapshot.job.job_id, language=state.language, locked=False, **values
    )
    changed = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["job_id", "language"],
            set_=values,
            where=_is_newer(JobLanguage, scheduled, snapshot.sequence),
        ).returning(col(JobLanguage.language))
    )
    if changed.first() is None:
        return False
    data = {"stage": state.stage, "qc_state": state.qc_state, "revision": state.revision}
    await add_event(session, snapshot, snapshot.event or "language", state.language, snapshot.actor, data)
    return True


async def ensure_language(session: AsyncSession, job_id: UUID, language: str, *, is_source: bool) -> None:
    """The row that a save locks exists before there is a text."""
    await session.execute(
        insert(JobLanguage)
        .values(
            job_id=job_id,
            language=language,
            is_source=is_source,
            stage=LanguageStage.WAITING,
            qc_state=QCState.PENDING,
            revision=0,
        )
        .on_conflict_do_nothing()
    )


async def add_event(
    session: AsyncSession,
    about: JobSnapshot | LanguageSnapshot,
    kind: str,
    language: str | None,
    actor: Actor | None,
    data: dict[str, Any],
) -> None:
    await record_event(
        session,
        JobEvent(
            job_id=about.job.job_id,
            org_id=about.job.org_id,
            type=kind,
            language=language,
            actor_id=actor.user_id if actor else None,
            data=data,
            at=now(),
        ),
    )


async def record_event(session: AsyncSession, event: JobEvent) -> int:
    """Store an event and tell every API process of it when this transaction commits. Returns its id.

    An advisory lock makes ids appear in the order of commits: a client that resumes from an id misses nothing.
    """
    await session.execute(sa.text("select pg_advisory_xact_lock(4817)"))
    session.add(event)
    await session.flush()
    assert event.id is not None
    await session.execute(
        sa.text("select pg_notify(:channel, :id)"), {"channel": CHANNEL, "id": str(event.id)}
    )
    return event.id


def _is_newer(table: Any, scheduled: datetime, sequence: int) -> Any:
    return sa.or_(
        table.projected_at.is_(None),
        table.projected_at < scheduled,
        sa.and_(table.projected_at == scheduled, table.projected_sequence < sequence),
    )
