"""Decisions that come twice, at once, late, or about something else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError

from schema.contracts.job import JobDecision
from schema.contracts.language import LanguageDecision, LanguageInput, LanguageReport, LanguageStop
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState
from schema.queries import languages
from schema.queries.jobs import job_ref
from tests.workflows.platform import PLAIN, SPANISH, Platform, eventually, refusal
from workflows import names
from workflows.children import begin_as_it_was


@asynccontextmanager
async def somebody_saves(platform: Platform, job_id: UUID, code: str) -> AsyncIterator[None]:
    """Holds the lock that a save takes, so that an approval waits in the middle."""
    async with platform.database.begin() as session:
        await languages.one(session, job_id, code, lock=True)
        yield


async def test_two_reviewers_at_once_are_one_success_and_one_conflict(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    results = await asyncio.gather(
        *(platform.decide(job_id, JobAction.APPROVE_SOURCE, id=f"{job_id} {n}") for n in range(2)),
        return_exceptions=True,
    )
    failed = [each for each in results if isinstance(each, WorkflowUpdateFailedError)]
    assert len(failed) == 1
    assert refusal(failed[0]).type == "conflict"


async def test_approval_and_rejection_at_once_are_one_success_and_one_conflict(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    async with somebody_saves(platform, job_id, "en"):
        approving = asyncio.create_task(platform.decide(job_id, JobAction.APPROVE_SOURCE))
        await eventually(lambda: is_pinning(platform, job_id))
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.")
        assert refusal(refused.value).details[0]["code"] == "deciding"
        await platform.job(job_id).signal("decide", JobDecision(action=JobAction.REJECT, reason="By signal."))
    await approving
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert (await platform.state(job_id)).reason is None


async def is_pinning(platform: Platform, job_id: UUID) -> bool:
    return "pin_texts" in await platform.pending(platform.job(job_id))


async def test_a_cancel_in_the_middle_of_an_approval_wins(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    async with somebody_saves(platform, job_id, "en"):
        approving = asyncio.create_task(platform.decide(job_id, JobAction.APPROVE_SOURCE))
        await eventually(lambda: is_pinning(platform, job_id))
        await platform.decide(job_id, JobAction.CANCEL)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await approving
    assert refusal(refused.value).type == "conflict"
    assert await platform.ended(platform.job(job_id)) is WorkflowExecutionStatus.CANCELED


async def test_the_same_decision_sent_twice_acts_once(platform: Platform) -> None:
    """By update, which Temporal dedupes, and by signal, which the workflow does, also while the first is taken."""
    job_id = await platform.to_source_qc()
    decision_id = f"{job_id} same"
    decision = JobDecision(action=JobAction.APPROVE_SOURCE, id=decision_id)
    async with somebody_saves(platform, job_id, "en"):
        first = asyncio.create_task(platform.decide(job_id, JobAction.APPROVE_SOURCE, id=decision_id))
        await eventually(lambda: is_pinning(platform, job_id))
        await platform.job(job_id).signal("decide", decision)
        second = asyncio.create_task(platform.decide(job_id, JobAction.APPROVE_SOURCE, id=decision_id))
    assert await first == await second
    await platform.job(job_id).signal("decide", decision)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["synthesize_descriptions"] == 1


async def test_signals_sent_twice_act_once_and_tell_why(platform: Platform) -> None:
    platform.steps.failures["transcribe_speech"] = 1
    job_id = await platform.start()
    await platform.until(job_id, JobStatus.FAILED)
    for _ in range(2):
        await platform.job(job_id).signal("retry")
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert platform.steps.calls["transcribe_speech"] == 2
    for _ in range(2):
        await platform.job(job_id).signal("decide", JobDecision(action=JobAction.APPROVE_SOURCE))
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["synthesize_descriptions"] == 1
    await platform.job(job_id).signal("decide", JobDecision(action=JobAction.APPROVE_SOURCE))

    async def told() -> bool:
        details = await platform.job(job_id).query("__temporal_workflow_metadata")
        return "Refused approve_source: A job that is pending_final_review" in str(details)

    await eventually(told)


async def test_a_signal_sent_twice_that_arrives_twice_at_once_acts_once(platform: Platform) -> None:
    """Also one that its own effect would not refuse."""
    job_id = await platform.to_languages()
    linguist = await platform.assign(job_id, "es")
    decision = LanguageDecision(
        action=LanguageAction.REASSIGN, person_id=linguist, id=f"{job_id} again", reason="Once."
    )
    async with platform.workers.nobody_decides():
        for _ in range(3):
            await platform.language(job_id, "es").signal("decide", decision)
    await platform.until_language(job_id, "es", lambda state: state.reason == "Once.")
    await platform.review(job_id, "es")
    async with platform.database.begin() as session:
        query = sa.text("select type from job_events where job_id = :id and language = 'es'")
        taken = Counter(await session.scalars(query, {"id": job_id}))
    assert (taken["reassign"], taken["approve"]) == (1, 1)


async def test_a_decision_about_an_earlier_revision_or_run_is_refused(platform: Platform) -> None:
    job_id = await platform.to_source_qc(from_the_video=True)
    row = await platform.row(job_id)
    for stale in ({"revision": row.revision - 1}, {"run_id": "another"}):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide(job_id, JobAction.APPROVE_SOURCE, **stale)
        assert refusal(refused.value).type == "conflict"


async def test_a_report_of_an_older_beginning_is_ignored(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    now = (await platform.state(job_id)).languages["es"]
    assert now.begun_at is not None
    older = now.model_copy(
        update={"begun_at": now.begun_at - timedelta(seconds=1), "stage": LanguageStage.TRANSLATING}
    )
    await platform.job(job_id).signal("report", LanguageReport(state=older))
    assert (await platform.state(job_id)).status is JobStatus.PENDING_FINAL_REVIEW
    same = now.model_copy(update={"stage": LanguageStage.LANGUAGE_QC, "qc_state": QCState.IN_PROGRESS})
    await platform.job(job_id).signal("report", LanguageReport(state=same))
    await platform.until(job_id, JobStatus.LANGUAGE_QC)


async def is_at(platform: Platform, job_id: UUID, code: str, stage: LanguageStage) -> bool:
    """Whether the language knows, which hears of a decision behind its answer."""
    return (await platform.language_state(job_id, code)).stage is stage


async def test_text_whose_translation_is_being_made_again_cannot_be_approved(platform: Platform) -> None:
    job_id = await platform.to_languages()
    await platform.assign(job_id, "es")
    for action in (LanguageAction.START_WORK, LanguageAction.SUBMIT, LanguageAction.OPEN_REVIEW):
        await platform.decide_language(job_id, "es", action)
    platform.steps.gates["translate_texts"] = asyncio.Event()
    await platform.decide(job_id, JobAction.REPROCESS, from_step="translate")
    await eventually(lambda: is_at(platform, job_id, "es", LanguageStage.TRANSLATING))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide_language(job_id, "es", LanguageAction.APPROVE)
    assert "not there yet" in refusal(refused.value).message
    platform.steps.gates["translate_texts"].set()
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    await platform.decide_language(job_id, "es", LanguageAction.APPROVE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_later_work_asked_for_at_the_moment_of_completion_is_done(platform: Platform) -> None:
    """The run that completes takes it up, or the next one does."""
    job_id = await platform.to_source_qc(PLAIN)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    for _ in range(3):
        await platform.decide(job_id, JobAction.COMPLETE)
        await platform.decide_anew(job_id, JobAction.RETRY_TTS, language="en")
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["synthesize_descriptions"] == 4


async def test_work_that_is_stopped_the_moment_it_begins_is_not_lost(platform: Platform) -> None:
    job_id = await platform.to_source_qc(SPANISH)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.decide(job_id, JobAction.BLOCKED_ON_SOURCE, reason="Wait.")
    assert (await platform.state(job_id)).status is JobStatus.BLOCKED_ON_SOURCE
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    await platform.until_stage(job_id, "en", LanguageStage.READY)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)


async def waits_for(platform: Platform, handle: WorkflowHandle, activity: str) -> bool:
    return activity in await platform.pending(handle)


async def is_idle(platform: Platform, handle: WorkflowHandle) -> bool:
    return not await platform.pending(handle)


async def test_a_stop_that_comes_with_the_end_of_what_it_stops_is_heard(platform: Platform) -> None:
    """Both are told to the workflow at once: it has opened the text, and is to stop. The success hides the
    cancellation."""
    job_id = await platform.to_final_review()
    language = platform.language(job_id, "es")
    async with AsyncExitStack() as stack:
        async with somebody_saves(platform, job_id, "es"):
            state = await platform.state(job_id)
            again = {"at": datetime.now(UTC), "stage": LanguageStage.LANGUAGE_QC, "reopen": True}
            begin = begin_as_it_was(state, state.languages["es"]).model_copy(update=again)
            await language.signal("begin", begin)
            await eventually(lambda: waits_for(platform, language, "unlock_texts"))
            await stack.enter_async_context(platform.workers.nobody_decides())
        await language.signal("stop", LanguageStop(reason="Wait."))
        await eventually(lambda: is_idle(platform, language))
    await platform.until_stage(job_id, "es", LanguageStage.WAITING)
    await platform.decide(job_id, JobAction.REPROCESS, from_step="translate", languages=("es",))
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)


async def test_a_cancel_that_comes_with_the_end_of_what_is_waited_for_is_heard(platform: Platform) -> None:
    platform.steps.gates["place_descriptions"] = asyncio.Event()
    job_id = await platform.start()
    job = platform.job(job_id)
    await eventually(lambda: platform.steps.calls["place_descriptions"] == 1)
    async with AsyncExitStack() as stack:
        async with platform.database.begin() as session:
            lock = sa.text("select 1 from jobs where id = :id for no key update")  # texts may still be saved
            await session.execute(lock, {"id": job_id})
            platform.steps.gates["place_descriptions"].set()
            await eventually(lambda: waits_for(platform, job, "project_job"))
            await stack.enter_async_context(platform.workers.nobody_decides())
        await job.cancel()
        await eventually(lambda: is_idle(platform, job))
    await platform.until(job_id, JobStatus.CANCELLED)
    assert await platform.ended(job) is WorkflowExecutionStatus.CANCELED


async def test_a_language_that_is_begun_and_closed_before_it_ran_hears_both(platform: Platform) -> None:
    job_id = await platform.to_final_review(PLAIN)
    state = await platform.state(job_id)
    begin = begin_as_it_was(state, state.languages["en"])
    row = await platform.row(job_id)
    start = LanguageInput(job=job_ref(row), state=state.languages["en"], begin=begin)
    async with platform.workers.nobody_decides():
        handle = await platform.client.start_workflow(
            names.LANGUAGE_WORKFLOW,
            start,
            id=f"{job_id} at once",
            task_queue=names.Queue.JOBS.value,
        )
        await handle.signal("begin", begin)
        await handle.signal("close")
    await handle.result()
    ended = [event async for event in handle.fetch_history_events()]
    told = sum(event.HasField("external_workflow_execution_signaled_event_attributes") for event in ended)
    assert told >= 1, "its job is told where it is before it ends"
