"""Workflows that staff cancel or terminate: the row says so, and a retry goes on where they stood."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError

from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState
from schema.queries import jobs
from tests.workflows import staff
from tests.workflows.platform import PLAIN, SPANISH, Platform, eventually, is_unknown, refusal


async def test_a_cancelled_job_stops_with_its_languages(platform: Platform) -> None:
    job_id = await platform.to_languages()
    await platform.job(job_id).cancel()
    row = await platform.until(job_id, JobStatus.CANCELLED)
    assert row.reason == "Cancelled in Temporal."
    assert await platform.ended(platform.job(job_id)) is WorkflowExecutionStatus.CANCELED
    for code in ("en", "es"):
        await platform.language(job_id, code).result()


async def test_a_job_that_a_decision_cancelled_ends_as_cancelled(platform: Platform) -> None:
    job_id = await platform.to_languages()
    assert (await platform.decide(job_id, JobAction.CANCEL)).status is JobStatus.CANCELLED
    assert await platform.ended(platform.job(job_id)) is WorkflowExecutionStatus.CANCELED
    row = await platform.row(job_id)
    assert (row.status, row.reason) == (JobStatus.CANCELLED, None)
    await platform.decide_anew(job_id, JobAction.REPROCESS)
    await platform.until(job_id, JobStatus.PENDING_QC)


async def test_a_job_cancelled_while_it_writes_its_row_is_cancelled(platform: Platform) -> None:
    """Whatever it waits for in that moment."""
    for delay_s in (0.0, 0.05, 0.1, 0.2, 0.3):
        job_id = await platform.start()
        await asyncio.sleep(delay_s)
        await platform.job(job_id).cancel()
        await platform.until(job_id, JobStatus.CANCELLED)
        assert await platform.ended(platform.job(job_id)) is WorkflowExecutionStatus.CANCELED


async def test_a_run_that_is_cancelled_in_temporal_begins_nothing_more(platform: Platform) -> None:
    """It would do the work, and end as cancelled at the next gate."""
    job_id = await platform.to_source_qc(PLAIN)
    async with platform.database.begin() as session:
        await jobs.load(session, job_id, lock=True)  # so that the end takes its time
        await platform.job(job_id).cancel()
        await eventually(lambda: is_at(platform, job_id, JobStatus.CANCELLED))
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide(job_id, JobAction.REPROCESS, from_step="probe")
    assert refusal(refused.value).details[0]["code"] == "revision"
    assert await platform.ended(platform.job(job_id)) is WorkflowExecutionStatus.CANCELED
    assert (await platform.row(job_id)).status is JobStatus.CANCELLED
    await platform.decide_anew(job_id, JobAction.REPROCESS, from_step="probe")
    await platform.until(job_id, JobStatus.PENDING_QC)


async def is_at(platform: Platform, job_id: UUID, status: JobStatus) -> bool:
    return (await platform.state(job_id)).status is status


@pytest.mark.parametrize(
    "stage", [LanguageStage.TRANSLATING, LanguageStage.LANGUAGE_QC, LanguageStage.MUXING]
)
async def test_a_cancelled_language_waits_for_a_retry(platform: Platform, stage: LanguageStage) -> None:
    gate = {LanguageStage.TRANSLATING: "translate_texts:es", LanguageStage.MUXING: "mux_accessible_video:es"}
    if stage in gate:
        platform.steps.gates[gate[stage]] = asyncio.Event()
    job_id = await platform.to_source_qc(SPANISH)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    if stage is LanguageStage.MUXING:
        await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
        await platform.assign(job_id, "es")
        await platform.review(job_id, "es")
    await platform.until_stage(job_id, "es", stage)
    if stage in gate:
        step = gate[stage].partition(":")[0]
        await eventually(lambda: platform.steps.calls[step])
    await platform.language(job_id, "es").cancel()
    with pytest.raises(WorkflowFailureError):
        await platform.language(job_id, "es").result()
    row = await platform.until(job_id, JobStatus.FAILED)
    assert row.failure is not None
    assert (row.failure["code"], row.failure["language"]) == ("cancelled", "es")
    for gated in platform.steps.gates.values():
        gated.set()
    await platform.decide(job_id, JobAction.RETRY, language="es")
    if stage is LanguageStage.MUXING:
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    else:
        await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
        await platform.until(job_id, JobStatus.LANGUAGE_QC)


async def terminate(platform: Platform, job_id: UUID, *codes: str) -> None:
    """The job's workflow, and those of these languages."""
    for handle in (platform.job(job_id), *(platform.language(job_id, code) for code in codes)):
        await handle.terminate(reason="by mistake")

    query = f"WorkflowId STARTS_WITH 'job-{job_id}' AND ExecutionStatus = 'Terminated'"
    await staff.listed(platform.client, query, 1 + len(codes))
    await platform.sweep()


@pytest.mark.parametrize("codes", [(), ("es",), ("en", "es")])
async def test_terminated_in_language_qc(platform: Platform, codes: tuple[str, ...]) -> None:
    job_id = await platform.to_languages(from_the_video=True)
    await platform.assign(job_id, "es")
    await platform.decide_language(job_id, "es", LanguageAction.START_WORK)
    await platform.until_stage(job_id, "en", LanguageStage.READY)
    await terminate(platform, job_id, *codes)
    row = await platform.row(job_id)
    assert row.status is JobStatus.FAILED
    assert row.failure is not None
    assert row.failure["code"] == "terminated"
    await platform.decide_anew(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    state = await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    assert state.qc_state is QCState.IN_PROGRESS
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["probe_source"] == 1


@pytest.mark.parametrize(
    "status",
    [JobStatus.TRANSCRIBING, JobStatus.PENDING_QC, JobStatus.REJECTED, JobStatus.PENDING_FINAL_REVIEW],
)
async def test_a_terminated_job_goes_on_where_it_stood(platform: Platform, status: JobStatus) -> None:
    if status is JobStatus.TRANSCRIBING:
        platform.steps.gates["transcribe_speech"] = asyncio.Event()
        job_id = await platform.start()
        await platform.until(job_id, status)
    else:
        job_id = await platform.to_source_qc(from_the_video=True)
    if status is JobStatus.REJECTED:
        await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.")
    if status is JobStatus.PENDING_FINAL_REVIEW:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE)
        await platform.until(job_id, status)
    await terminate(platform, job_id)
    assert (await platform.row(job_id)).status is JobStatus.FAILED
    for gate in platform.steps.gates.values():
        gate.set()
    await platform.decide_anew(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_QC if status is JobStatus.TRANSCRIBING else status)
    assert platform.steps.calls["probe_source"] == 1


async def test_a_job_that_temporal_has_lost_goes_on_from_its_row(platform: Platform) -> None:
    in_qc = await platform.to_languages(from_the_video=True)
    await platform.assign(in_qc, "es")
    platform.steps.gates["transcribe_speech"] = asyncio.Event()
    drafting = await platform.start()
    await platform.until(drafting, JobStatus.TRANSCRIBING)
    await platform.lose(in_qc, "en", "es")
    await platform.lose(drafting)

    await platform.be_silent(in_qc, timedelta(minutes=11))
    await platform.be_silent(drafting, timedelta(minutes=9))
    await platform.sweep()
    assert (await platform.state(in_qc)).status is JobStatus.LANGUAGE_QC
    assert await is_unknown(platform.job(drafting)), "it may just take long"

    platform.steps.gates["transcribe_speech"].set()
    await platform.be_silent(drafting, timedelta(minutes=11))
    await platform.sweep()
    await platform.until(drafting, JobStatus.PENDING_QC)
    await platform.until_language(in_qc, "es", lambda state: state.qc_state is QCState.ASSIGNED)
    while await is_unknown(platform.language(in_qc, "es")):
        await asyncio.sleep(0.03)
    await platform.review(in_qc, "es")
    await platform.until(in_qc, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["probe_source"] == 2


async def test_a_decision_about_a_terminated_job_needs_no_sweep(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    await platform.job(job_id).terminate()
    await platform.decide_anew(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.sweep()
    assert (await platform.row(job_id)).status is JobStatus.PENDING_FINAL_REVIEW


async def test_a_terminated_language_is_begun_again_by_a_retry(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    await platform.language(job_id, "es").terminate()

    async def swept() -> bool:
        await platform.sweep()
        return (await platform.row(job_id)).status is JobStatus.FAILED

    await eventually(swept)
    row = await platform.language_row(job_id, "es")
    assert row is not None
    assert row.stage is LanguageStage.FAILED
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert (await platform.language(job_id, "es").describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_refused_beginning_ends_by_itself(platform: Platform) -> None:
    """A closed job whose later work was refused: its run ends, and its row stays as it was."""
    job_id = await platform.to_source_qc(PLAIN)
    await platform.decide(job_id, JobAction.CANCEL)
    await platform.ended(platform.job(job_id))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide_anew(job_id, JobAction.APPROVE_SOURCE)
    assert "does not allow" in refusal(refused.value).message
    assert (await platform.row(job_id)).status is JobStatus.CANCELLED
