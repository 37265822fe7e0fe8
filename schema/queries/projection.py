"""The projector's side of the rows: full snapshots, in order, whatever order they arrive in.

Snapshots of one run are ordered by its own sequence, whatever the server's clock does meanwhile; those of different runs
by the time at which Temporal's server scheduled the activity. So a reset, which starts the sequence again, does not lock
the row, and a zombie cannot overwrite it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.job import JobSnapshot, JobState
from schema.contracts.language import LanguageSnapshot, LanguageState
from schema.contracts.steps import Failure
from schema.enums import Event, JobStatus, LanguageStage, QCState
from schema.queries import assets, notes, uploads
from schema.queries.decided import decided_about
from schema.queries.projection_records import audit_decision, is_new_failure, note_failure, tell
from schema.tables import Job, JobLanguage, now

_TABLE = JobLanguage.metadata.tables["job_languages"]
_NEW = insert(_TABLE)
LAST = 2**31 - 1
"""The sequence of what is written for a run that has ended: nothing of it comes later."""
_REMOVED = _NEW.excluded.stage == LanguageStage.REMOVED
_ANNOUNCE = _NEW.on_conflict_do_update(
    index_elements=["job_id", "language"],
    set_={
        "stage": _NEW.excluded.stage,
        "revision": _NEW.excluded.revision,
        **{
            name: sa.case((_REMOVED, _TABLE.c[name]), else_=_NEW.excluded[name])
            for name in ("is_source", "qc_state", "failure", "reason", "state")
        },
    },
    where=sa.or_(_TABLE.c.revision < _NEW.excluded.revision, _REMOVED),
)
"""Of one removed, the row keeps all else that it knows."""


async def write_job(session: AsyncSession, snapshot: JobSnapshot, scheduled: datetime) -> bool:
    """Write a job's snapshot; False where it, or a newer one, is there already: an attempt that is made again tells
    of nothing twice.

    Raises:
        Conflict: it was decided to open a job again that is deleted, or whose work is over, since it was looked at.
    """
    state = snapshot.state
    before = await decided_about(session, snapshot)
    await audit_decision(session, snapshot, "job", snapshot.job.job_id, {"status": state.status})
    own = state.failure if state.failure and state.failure.language is None else None
    is_new = own is not None and await is_new_failure(session, snapshot.job.job_id, own)
    changed = await session.execute(
        sa.update(Job)
        .where(col(Job.id) == snapshot.job.job_id, _is_newer(Job, snapshot, scheduled))
        .values(
            status=state.status,
            step=state.step,
            revision=state.revision,
            failure=state.failure.model_dump(mode="json") if state.failure else None,
            reason=state.reason,
            requested_outputs=state.outputs.model_dump(mode="json"),
            priority=snapshot.job.priority,
            **(state.source.model_dump() if state.source else {}),
            state=state.model_dump(mode="json", exclude={"languages"}),
            started_at=sa.func.coalesce(col(Job.started_at), now()),
            completed_at=now() if state.status is JobStatus.COMPLETED else None,
            **_failed_at(own, scheduled, is_new=is_new),
            **_delivered(snapshot),
            projected_at=scheduled,
            projected_sequence=snapshot.sequence,
            run_id=snapshot.run_id,
            updated_at=now(),
        )
        .returning(col(Job.id))
    )
    if changed.first() is None:
        return False
    if own is not None and is_new:
        await note_failure(session, snapshot.job.job_id, own)
    if before is not None:
        await uploads.let_go(session, snapshot.job.job_id, before.let_go(state))
    await _announce(session, snapshot.job.job_id, state.languages.values())
    people = state.source_people.model_dump()
    await session.execute(  # where it changes nothing, it waits for nobody who saves a text
        sa.update(JobLanguage)
        .where(
            col(JobLanguage.job_id) == snapshot.job.job_id,
            col(JobLanguage.language) == snapshot.job.source_language,
            sa.or_(*(getattr(JobLanguage, name).is_distinct_from(value) for name, value in people.items())),
        )
        .values(**people)
    )
    await notes.tell_returned(session, snapshot)
    data = {"status": state.status, "step": state.step, "revision": state.revision}
    await tell(session, snapshot, snapshot.event or Event.STATUS, data)
    return True


def _delivered(snapshot: JobSnapshot) -> dict[str, Any]:
    """A completion delivers what is there now; until the next one that is what others are shown."""
    state = snapshot.state
    if state.status is not JobStatus.COMPLETED:
        return {}
    gone = LanguageStage.REMOVED
    languages = [code for code, language in state.languages.items() if language.stage is not gone]
    kinds = assets.delivered_kinds(state.outputs)
    return {
        "delivered": assets.delivered(snapshot.job.job_id, languages, kinds),
        "completed_texts": approved_texts(state),
    }


def approved_texts(state: JobState) -> dict[str, Any]:
    """The versions of its approved texts, as JSON, by BCP 47 code."""
    return {
        code: language.versions.model_dump(mode="json")
        for code, language in state.languages.items()
        if language.versions is not None and language.stage is not LanguageStage.REMOVED
    }


async def _announce(session: AsyncSession, job_id: UUID, languages: Iterable[LanguageState]) -> None:
    """Where a decision about the job has begun a language anew, its row says so at once, before its own workflow
    does: whoever decided sees it. What the language knows better is left alone."""
    rows = [
        {
            "job_id": job_id,
            "language": language.language,
            "locked": False,
            "stage": language.stage,
            "revision": language.revision,
            "is_source": language.is_source,
            "qc_state": language.qc_state,
            "failure": None,
            "reason": language.reason,
            "state": language.model_dump(mode="json"),
        }
        for language in languages
    ]
    if rows:
        await session.execute(_ANNOUNCE, rows)


async def write_language(session: AsyncSession, snapshot: LanguageSnapshot, scheduled: datetime) -> bool:
    """Write a language's snapshot; False where it, or a newer one, is there already."""
    state = snapshot.state
    thing_id = f"{snapshot.job.job_id}/{state.language}"
    await audit_decision(session, snapshot, "language", thing_id, {"qc_state": state.qc_state})
    values = {
        "is_source": state.is_source,
        "stage": state.stage,
        "qc_state": state.qc_state,
        "revision": state.revision,
        "failure": state.failure.model_dump(mode="json") if state.failure else None,
        "reason": state.reason,
        "state": state.model_dump(mode="json"),
        "progress": None,
        "projected_at": scheduled,
        "projected_sequence": snapshot.sequence,
        "run_id": snapshot.run_id,
    }
    failure = state.failure
    is_new = failure is not None and await is_new_failure(
        session, snapshot.job.job_id, failure, state.language
    )
    values |= _failed_at(failure, scheduled, is_new=is_new)
    if not state.is_source:  # whose people are the job's
        values |= {
            "linguist_id": state.linguist_id,
            "reviewer_id": state.reviewer_id,
            "due_at": state.due_at,
            "review_due_at": state.review_due_at,
        }
    statement = insert(JobLanguage).values(
        job_id=snapshot.job.job_id, language=state.language, locked=False, **values
    )
    changed = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["job_id", "language"],
            set_=values,
            where=_is_newer(JobLanguage, snapshot, scheduled),
        ).returning(col(JobLanguage.language))
    )
    if changed.first() is None:
        return False
    if failure is not None and is_new:
        await note_failure(session, snapshot.job.job_id, failure)
    data = {"stage": state.stage, "qc_state": state.qc_state, "revision": state.revision}
    await tell(session, snapshot, snapshot.event or Event.LANGUAGE, data, state.language)
    return True


def _failed_at(failure: Failure | None, at: datetime, *, is_new: bool) -> dict[str, datetime | None]:
    """The values of the row's `failed_at`. Later decisions about a failed job leave it unchanged."""
    if failure is None:
        return {"failed_at": None}
    return {"failed_at": at} if is_new else {}


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


def _is_newer(table: Any, snapshot: JobSnapshot | LanguageSnapshot, scheduled: datetime) -> Any:
    later = sa.or_(
        table.projected_at < scheduled,
        sa.and_(table.projected_at == scheduled, table.projected_sequence < snapshot.sequence),
    )
    next_of_run = table.projected_sequence < snapshot.sequence
    newer = (
        sa.case((table.run_id == snapshot.run_id, next_of_run), else_=later) if snapshot.sequence else later
    )
    return sa.or_(table.projected_at.is_(None), newer)
