"""A workflow that was reset: within one sweep row, texts and languages agree with it, and nothing that was decided
before decides anything new."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError

from schema import objects
from schema.contracts.steps import Versions
from schema.contracts.sweeps import SweepInput
from schema.enums import JobAction, JobStatus, Kind, LanguageAction, LanguageStage, Origin, QCState, Sweep
from schema.queries.drafts import Draft, save_draft
from tests.workflows import staff
from tests.workflows.platform import PLAIN, SPANISH, Platform, eventually, refusal
from workflows import names

TWO = PLAIN.model_copy(update={"languages": ("de", "fr")})


async def edit(platform: Platform, job_id: UUID, code: str, words: str) -> int:
    """A new version of the captions, as a person's save makes one."""
    content = f"WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\n{words}\n"
    draft = Draft(code, Kind.CAPTIONS, content, objects.hash_of(content), origin=Origin.EDIT)
    async with platform.database.begin() as session:
        return (await save_draft(session, job_id, draft, is_source=code == "en")).version


async def is_locked(platform: Platform, job_id: UUID, code: str) -> bool:
    row = await platform.language_row(job_id, code)
    assert row is not None
    return row.locked


async def sweep_by_workflow(platform: Platform) -> None:
    """The sweep as it runs in production, when it runs for the first time."""
    await platform.client.execute_workflow(
        names.SWEEP_WORKFLOW,
        SweepInput(sweep=Sweep.REPAIR_ROWS),
        id=f"sweep-{uuid4()}",
        task_queue=names.Queue.SWEEPS.value,
        execution_timeout=timedelta(minutes=1),
    )


@pytest.mark.parametrize("by_workflow", [False, True])
async def test_a_job_reset_to_before_source_qc_is_decided_anew(platform: Platform, by_workflow: bool) -> None:
    job_id = await platform.to_source_qc(SPANISH)
    old_run = (await platform.job(job_id).describe()).run_id
    old = {"id": f"{job_id} old", "run_id": old_run, "revision": (await platform.row(job_id)).revision}
    await platform.decide(job_id, JobAction.APPROVE_SOURCE, **old)
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    assert await is_locked(platform, job_id, "en")

    run = await staff.reset_to_before(platform.client, platform.job(job_id), staff.decision("approve_source"))
    await (sweep_by_workflow(platform) if by_workflow else platform.sweep())
    row = await platform.until_row(job_id, lambda row: row.run_id == run)
    assert row.status is JobStatus.PENDING_QC
    assert (await platform.state(job_id)).status is JobStatus.PENDING_QC
    assert not await is_locked(platform, job_id, "en")
    for code in ("en", "es"):
        await platform.until_stage(job_id, code, LanguageStage.WAITING)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE, **old)
    assert refusal(refused.value).details[0]["code"] == "run"
    version = await edit(platform, job_id, "en", "Good morning.")
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    newer = Versions(captions=version, audio_description=1)
    await platform.until_language(
        job_id,
        "es",
        lambda state: state.source_versions == newer and state.stage is LanguageStage.LANGUAGE_QC,
    )
    source = await platform.until_stage(job_id, "en", LanguageStage.READY)
    assert source.versions == newer
    await platform.until(job_id, JobStatus.LANGUAGE_QC)


async def test_an_approval_that_a_reset_sends_again_approves_nothing(platform: Platform) -> None:
    """The run that it was made about is gone, and the validator knows."""
    job_id = await platform.to_source_qc()
    run_id = (await platform.job(job_id).describe()).run_id
    await platform.decide(job_id, JobAction.APPROVE_SOURCE, run_id=run_id)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    decision = staff.decision("approve_source")
    await staff.reset_to_before(platform.client, platform.job(job_id), decision, again=True)
    await platform.sweep()
    await platform.until(job_id, JobStatus.PENDING_QC)
    await asyncio.sleep(0.5)
    assert (await platform.state(job_id)).status is JobStatus.PENDING_QC


async def test_a_job_reset_below_the_revision_of_its_languages_still_leads_them(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    await platform.decide(job_id, JobAction.RETURN_TO_QC, reason="Look again.", languages=("es",))
    row = await platform.language_row(job_id, "es")
    assert row is not None
    at_once = {"action": LanguageAction.SUBMIT, "revision": row.revision}
    await platform.decide_language(job_id, "es", **at_once)  # the language may not have heard of it yet
    await platform.decide_language(job_id, "es", LanguageAction.OPEN_REVIEW)
    await platform.decide_language(job_id, "es", LanguageAction.APPROVE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    ahead = (await platform.language_state(job_id, "es")).revision
    await staff.reset_to_before(platform.client, platform.job(job_id), staff.decision("approve_source"))
    await platform.sweep()
    await platform.until(job_id, JobStatus.PENDING_QC)
    version = await edit(platform, job_id, "en", "Good morning.")
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    state = await platform.until_language(
        job_id,
        "es",
        lambda state: state.source_versions is not None and state.source_versions.captions == version,
    )
    assert state.revision < ahead
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_a_job_that_forgot_its_languages_reports_asks_them(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    run = await staff.reset_to_before(platform.client, platform.job(job_id), staff.signalled("report"))
    await platform.sweep()
    await platform.until_row(job_id, lambda row: row.run_id == run)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert (await platform.state(job_id)).languages["es"].qc_state is QCState.APPROVED


async def test_a_reset_of_german_leaves_french_alone(platform: Platform) -> None:
    job_id = await platform.to_final_review(TWO)
    before = await platform.language_row(job_id, "fr")
    run_id = (await platform.language(job_id, "de").describe()).run_id
    old = {"run_id": run_id}
    run = await staff.reset_to_before(
        platform.client, platform.language(job_id, "de"), staff.decision("approve")
    )
    await platform.sweep()
    german = await platform.until_stage(job_id, "de", LanguageStage.LANGUAGE_QC)
    assert german.qc_state is QCState.IN_REVIEW
    row = await platform.language_row(job_id, "de")
    assert row is not None
    assert (row.run_id, row.locked) == (run, False)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide_language(job_id, "de", LanguageAction.APPROVE, **old)
    assert refusal(refused.value).details[0]["code"] == "run"
    version = await edit(platform, job_id, "de", "Guten Abend.")
    await platform.decide_language(job_id, "de", LanguageAction.APPROVE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    german = await platform.language_state(job_id, "de")
    assert german.versions is not None
    assert german.versions.captions == version
    after = await platform.language_row(job_id, "fr")
    assert before is not None
    assert after is not None
    assert (after.run_id, after.state) == (before.run_id, before.state)
    assert platform.steps.calls["synthesize_descriptions"] == 4


async def test_a_language_asked_for_after_what_a_reset_goes_back_to_is_removed(platform: Platform) -> None:
    job_id = await platform.to_final_review(PLAIN)
    platform.steps.gates["translate_texts"] = asyncio.Event()
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    await eventually(lambda: platform.steps.calls["translate_texts"] == 1)
    await staff.reset_to_before(platform.client, platform.job(job_id), staff.decision("change_outputs"))
    await platform.sweep()
    await platform.until_stage(job_id, "es", LanguageStage.REMOVED)
    await eventually(lambda: platform.steps.cancelled["translate_texts"] == 1)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    platform.steps.gates.clear()
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)


async def test_a_completed_job_that_is_reset_waits_for_final_review_again(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    await platform.language(job_id, "es").result()
    await staff.reset_to_before(platform.client, platform.job(job_id), staff.decision("complete"))
    await platform.sweep()
    row = await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert row.completed_at is None
    await platform.decide(job_id, JobAction.RETURN_TO_QC, reason="Look again.", languages=("es",))
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)


async def test_a_sweep_tells_a_reset_run_once(platform: Platform) -> None:
    job_id = await platform.to_source_qc(from_the_video=True)
    await staff.reset_to_before(platform.client, platform.job(job_id), staff.scheduled("place_descriptions"))
    for _ in range(3):
        await platform.sweep()
    await platform.until(job_id, JobStatus.PENDING_QC)
    history = [event async for event in platform.job(job_id).fetch_history_events()]
    assert sum(map(staff.signalled("settle"), history)) == 1


async def test_a_sweep_leaves_what_agrees_alone(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    before = await platform.row(job_id)
    await platform.sweep()
    after = await platform.row(job_id)
    assert (after.projected_at, after.projected_sequence) == (before.projected_at, before.projected_sequence)


async def test_a_running_step_that_is_reset_runs_again(platform: Platform) -> None:
    platform.steps.gates["transcribe_speech"] = asyncio.Event()
    job_id = await platform.start()
    await eventually(lambda: platform.steps.calls["transcribe_speech"] == 1)
    await staff.reset_activity(platform.client, platform.job(job_id), "transcribe_speech")
    await eventually(lambda: platform.steps.calls["transcribe_speech"] == 2)
    platform.steps.gates["transcribe_speech"].set()
    await platform.until(job_id, JobStatus.PENDING_QC)
    calls = platform.steps.calls
    assert (calls["probe_source"], calls["transcribe_speech"]) == (1, 2)
