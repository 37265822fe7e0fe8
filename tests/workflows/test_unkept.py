"""Decisions that cannot be kept, or that need what is away: nothing has changed then, and nothing fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError

from schema.contracts.job import JobDecision, Settle
from schema.contracts.language import LanguageDecision
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState, Role
from schema.tables import now
from tests.factories import make_member, make_project
from tests.workflows import raw, staff
from tests.workflows.platform import SPANISH, Platform, eventually, refusal

_ADD = "alter table job_languages add constraint refuses check (job_id <> '{}' or due_at is null) not valid"


@asynccontextmanager
async def refusing_dates(platform: Platform, job_id: UUID) -> AsyncIterator[None]:
    """The database keeps no due date of this job's languages: what any contract lets through, a row may still refuse."""
    async with platform.database.begin() as session:
        await session.execute(sa.text(_ADD.format(job_id)))
    yield
    async with platform.database.begin() as session:
        await session.execute(sa.text("alter table job_languages drop constraint refuses"))


async def _strangers(platform: Platform, job_id: UUID) -> dict[str, UUID]:
    org_id = (await platform.row(job_id)).org_id
    gone = await make_member(platform.database, org_id)
    async with platform.database.begin() as session:
        await session.execute(sa.text("update users set deleted_at = now() where id = :id"), {"id": gone})
    return {
        "nobody": uuid4(),
        "of another organisation": (await make_project(platform.database))[3].id,
        "a client": await make_member(platform.database, org_id, Role.CLIENT),
        "deleted": gone,
    }


async def test_only_who_can_do_the_work_is_assigned(platform: Platform) -> None:
    """Also by signal, which the API does not see."""
    job_id = await platform.to_languages()
    handle = platform.language(job_id, "es")
    for who, person in (await _strangers(platform, job_id)).items():
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide_language(job_id, "es", LanguageAction.ASSIGN, person_id=person)
        assert refusal(refused.value).type == "invalid", who
        await handle.signal("decide", LanguageDecision(action=LanguageAction.ASSIGN, person_id=person))
        await eventually(lambda: _says(platform, job_id, "Refused assign: "))
        await eventually(lambda: _is_idle(platform, job_id))
    manager = await make_member(platform.database, (await platform.row(job_id)).org_id, Role.PROJECT_MANAGER)
    with pytest.raises(WorkflowUpdateFailedError):
        await platform.decide_language(job_id, "es", LanguageAction.ASSIGN, person_id=manager)
    await platform.decide_language(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=manager)
    await platform.assign(job_id, "es")
    assert (await platform.language_state(job_id, "es")).reviewer_id == manager


async def _is_idle(platform: Platform, job_id: UUID) -> bool:
    return await platform.pending(platform.language(job_id, "es")) == {}


async def _says(platform: Platform, job_id: UUID, words: str) -> bool:
    return words in await raw.details(platform.language(job_id, "es"))


async def test_what_the_database_refuses_changes_nothing(platform: Platform) -> None:
    job_id = await platform.to_languages()
    linguist = await platform.assign(job_id, "es")
    before = await platform.language_state(job_id, "es")
    handle = platform.language(job_id, "es")
    again = {"person_id": linguist, "due_at": now()}
    async with refusing_dates(platform, job_id):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide_language(job_id, "es", LanguageAction.REASSIGN, **again)
        assert refusal(refused.value).type == "invalid"
        await handle.signal("decide", LanguageDecision(action=LanguageAction.REASSIGN, **again))
        await eventually(
            lambda: _says(platform, job_id, "The signal `decide` did nothing: The database cannot keep")
        )
    assert await platform.language_state(job_id, "es") == before
    await platform.decide_language(job_id, "es", LanguageAction.START_WORK)
    row = await platform.language_row(job_id, "es")
    assert row is not None
    assert row.qc_state is QCState.IN_PROGRESS


async def test_the_bucket_away_fails_no_completion(platform: Platform) -> None:
    """By update it is not available now; by signal it is said. Both may be sent again."""
    job_id = await platform.to_final_review(SPANISH)
    with platform.workers.bucket.away():
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide(job_id, JobAction.COMPLETE)
        assert refusal(refused.value).type == "unavailable"
        await platform.job(job_id).signal("decide", JobDecision(action=JobAction.COMPLETE))

        async def said() -> bool:
            return "The bucket does not answer now." in await raw.details(platform.job(job_id))

        await eventually(said)
    assert (await platform.state(job_id)).status is JobStatus.PENDING_FINAL_REVIEW
    await platform.decide(job_id, JobAction.COMPLETE)
    assert (await platform.job(job_id).result())["status"] == "completed"


async def test_a_language_closed_by_hand_is_begun_again(platform: Platform) -> None:
    job_id = await platform.to_languages()
    await platform.assign(job_id, "es")
    first = (await platform.language(job_id, "es").describe()).run_id
    await platform.language(job_id, "es").signal("close")

    async def begun_again() -> bool:
        described = await platform.language(job_id, "es").describe()
        return described.run_id != first and described.status is WorkflowExecutionStatus.RUNNING

    await eventually(begun_again)
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_completing_does_not_wait_for_a_language_that_is_gone(platform: Platform) -> None:
    """A completed job is reset to before its completion, and completed again."""
    job_id = await platform.to_final_review(SPANISH)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    await staff.reset_to_before(platform.client, platform.job(job_id), staff.decision("complete"))
    await platform.sweep()
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    assert (await platform.job(job_id).result())["status"] == "completed"


async def test_a_language_that_is_reset_after_its_job_was_completed_ends(platform: Platform) -> None:
    job_id = await platform.to_final_review(SPANISH)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    language = platform.language(job_id, "es")
    await language.result()
    await staff.reset_to_before(platform.client, language, staff.decision("approve"))
    await language.signal("settle", Settle(closed=True))
    await language.result()
    row = await platform.language_row(job_id, "es")
    assert row is not None
    assert row.stage is LanguageStage.READY
