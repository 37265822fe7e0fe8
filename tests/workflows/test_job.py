"""A job through its gates."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError

from schema.contracts.job import JobState
from schema.contracts.steps import Versions
from schema.enums import JobAction, JobStatus, Kind, LanguageAction, LanguageStage, QCState, Step
from tests.workflows.platform import CAPTIONS, PLAIN, SPANISH, Platform, eventually, refusal
from tests.workflows.stories import failed_without_work


async def test_a_source_only_job_goes_from_upload_to_completed(platform: Platform) -> None:
    job_id = await platform.to_source_qc(from_the_video=True)
    approved = await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    assert approved.status in (JobStatus.SYNTHESIZING, JobStatus.MUXING)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    completed = await platform.decide(job_id, JobAction.COMPLETE)
    assert completed.status is JobStatus.COMPLETED
    row = await platform.row(job_id)
    assert row.status is JobStatus.COMPLETED
    assert row.completed_at is not None
    outcome = await platform.job(job_id).result()
    assert outcome["status"] == "completed"
    await platform.language(job_id, "en").result()
    steps = ("probe_source", "find_scenes", "transcribe_speech", "draft_captions")
    steps += ("watch_scenes", "place_descriptions")
    steps += ("synthesize_descriptions", "mux_accessible_video")
    assert platform.steps.calls == dict.fromkeys(steps, 1)


async def test_texts_that_the_client_brings_cost_no_drafts(platform: Platform) -> None:
    state = JobState(outputs=PLAIN, brought=(Kind.CAPTIONS, Kind.AUDIO_DESCRIPTION))
    await platform.to_source_qc(
        from_the_video=True, state=state.model_dump(mode="json", exclude={"languages"})
    )
    assert platform.steps.calls == {"probe_source": 1, "find_scenes": 1, "transcribe_speech": 1}


async def test_an_approval_of_older_text_is_refused(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE, versions=Versions(captions=7))
    assert "Version 1 of the captions is current" in refusal(refused.value).message
    assert (await platform.state(job_id)).status is JobStatus.PENDING_QC


async def test_a_language_goes_through_qc(platform: Platform) -> None:
    job_id = await platform.to_languages()
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    await platform.assign(job_id, "es")
    reviewer = platform.people[1]
    await platform.decide_language(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=reviewer)
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    assert platform.steps.calls["mux_accessible_video"] == 2


async def test_nobody_approves_their_own_translation(platform: Platform) -> None:
    job_id = await platform.to_languages()
    linguist = await platform.assign(job_id, "es")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide_language(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=linguist)
    assert "own translation" in refusal(refused.value).message


@pytest.mark.parametrize(
    ("activity", "step"),
    [
        ("probe_source", Step.PROBE),
        ("find_scenes", Step.PROBE),
        ("transcribe_speech", Step.TRANSCRIBE),
        ("draft_captions", Step.TRANSCRIBE),
        ("watch_scenes", Step.DESCRIBE),
        ("place_descriptions", Step.DESCRIBE),
    ],
)
async def test_a_failed_draft_step_waits_and_goes_on_after_a_retry(
    platform: Platform, activity: str, step: Step
) -> None:
    platform.steps.failures[activity] = 1
    job_id = await platform.start()
    row = await platform.until(job_id, JobStatus.FAILED)
    assert row.failure is not None
    assert row.failure["step"] == step
    assert row.failure["reason"] == "The provider said no."
    retried = await platform.decide(job_id, JobAction.RETRY)
    assert retried.status is not JobStatus.FAILED
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert platform.steps.calls["probe_source"] == (2 if activity == "probe_source" else 1)


async def test_a_failure_that_has_no_work_left_is_forgotten(platform: Platform) -> None:
    job_id = await failed_without_work(platform)
    assert (await platform.row(job_id)).failure is None
    await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.")
    assert platform.steps.calls["draft_captions"] == 1, "it went round and round"


async def test_staff_retry_by_a_signal_without_input(platform: Platform) -> None:
    platform.steps.failures["transcribe_speech"] = 1
    job_id = await platform.start()
    await platform.until(job_id, JobStatus.FAILED)
    await platform.job(job_id).signal("retry")
    await platform.until(job_id, JobStatus.PENDING_QC)
    calls = platform.steps.calls
    assert (calls["probe_source"], calls["transcribe_speech"]) == (1, 2), "from the step that failed"


@pytest.mark.parametrize("activity", ["translate_texts", "synthesize_descriptions", "mux_accessible_video"])
async def test_one_failed_language_holds_back_no_other(platform: Platform, activity: str) -> None:
    platform.steps.failures[f"{activity}:es"] = 1
    job_id = await platform.to_source_qc(SPANISH)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    if activity != "translate_texts":
        await platform.until_language(job_id, "es", lambda state: state.qc_state is QCState.UNASSIGNED)
        await platform.assign(job_id, "es")
        await platform.review(job_id, "es")
    row = await platform.until(job_id, JobStatus.FAILED)
    assert row.failure is not None
    assert row.failure["language"] == "es"
    await platform.until_stage(job_id, "en", LanguageStage.READY)
    retried = await platform.decide(job_id, JobAction.RETRY, language="es")
    assert retried.status is not JobStatus.FAILED
    assert (await platform.row(job_id)).failure is None
    state = await platform.until_language(job_id, "es", lambda state: state.failure is None)
    assert state.stage is not LanguageStage.FAILED


async def test_a_retry_from_a_step_is_about_what_failed(platform: Platform) -> None:
    platform.steps.failures["mux_accessible_video:es"] = 1
    job_id = await platform.to_languages()
    await platform.assign(job_id, "es")
    await platform.review(job_id, "es")
    await platform.until_stage(job_id, "es", LanguageStage.FAILED)
    english = await platform.until_stage(job_id, "en", LanguageStage.READY)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.RETRY, language="en", from_step=Step.SYNTHESIZE)
    assert "en has not failed" in refusal(refused.value).message
    await platform.decide(job_id, JobAction.RETRY, language="es", from_step=Step.SYNTHESIZE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["synthesize_descriptions"] == 3, "Spanish twice"
    assert (await platform.state(job_id)).languages["en"] == english


async def test_a_language_that_failed_may_be_reopened_instead(platform: Platform) -> None:
    platform.steps.failures["synthesize_descriptions:es"] = 1
    job_id = await platform.to_languages()
    await platform.assign(job_id, "es")
    await platform.review(job_id, "es")
    await platform.until_stage(job_id, "es", LanguageStage.FAILED)
    reopened = await platform.decide_language(job_id, "es", LanguageAction.REOPEN)
    assert (reopened.stage, reopened.qc_state) == (LanguageStage.LANGUAGE_QC, QCState.IN_PROGRESS)
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    row = await platform.until(job_id, JobStatus.LANGUAGE_QC)
    assert row.failure is None
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_cancel_stops_running_work_within_seconds(platform: Platform) -> None:
    platform.steps.gates["transcribe_speech"] = asyncio.Event()
    job_id = await platform.start()
    await platform.until(job_id, JobStatus.TRANSCRIBING)
    await eventually(lambda: platform.steps.calls["transcribe_speech"])
    await platform.decide(job_id, JobAction.CANCEL)
    assert (await platform.row(job_id)).status is JobStatus.CANCELLED
    await eventually(lambda: platform.steps.cancelled["transcribe_speech"])
    await platform.ended(platform.job(job_id))


async def test_a_block_stops_work_and_a_retry_goes_on_where_it_was(platform: Platform) -> None:
    platform.steps.gates["mux_accessible_video"] = asyncio.Event()
    job_id = await platform.to_source_qc()
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.MUXING)
    reason = "The sound is missing after minute two."
    await platform.decide(job_id, JobAction.BLOCKED_ON_SOURCE, reason=reason)
    row = await platform.row(job_id)
    assert (row.status, row.reason) == (JobStatus.BLOCKED_ON_SOURCE, reason)
    platform.steps.gates["mux_accessible_video"].set()
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_a_rejected_job_is_retried_from_a_step(platform: Platform) -> None:
    job_id = await platform.to_source_qc(from_the_video=True)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.REJECT)
    assert refusal(refused.value).type == "invalid"
    await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.")
    await platform.until(job_id, JobStatus.REJECTED)
    with pytest.raises(WorkflowUpdateFailedError):
        await platform.decide(job_id, JobAction.RETRY)
    await platform.decide(job_id, JobAction.RETRY, from_step=Step.TRANSCRIBE)
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert platform.steps.calls["transcribe_speech"] == 2
    assert platform.steps.calls["probe_source"] == 1


async def test_returning_a_language_opens_it_for_its_linguist(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    reason = "Check cue c1."
    returned = await platform.decide(job_id, JobAction.RETURN_TO_QC, reason=reason, languages=("es",))
    assert returned.status is JobStatus.LANGUAGE_QC
    row = await platform.language_row(job_id, "es")
    assert row is not None
    assert (row.qc_state, row.state and row.state["reason"]) == (QCState.IN_PROGRESS, reason)
    await platform.until_language(job_id, "es", lambda state: state.qc_state is QCState.IN_PROGRESS)
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


@pytest.mark.parametrize("completed", [False, True], ids=["while it is made", "of a completed job"])
async def test_descriptions_that_are_asked_for_late_are_drafted_and_checked(
    platform: Platform, completed: bool
) -> None:
    job_id = await platform.to_final_review(CAPTIONS, from_the_video=True)
    if completed:
        await platform.decide(job_id, JobAction.COMPLETE)
        await platform.job(job_id).result()
    decide = platform.decide_anew if completed else platform.decide
    decided = await decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    assert decided.status is JobStatus.DESCRIBING
    await platform.until(job_id, JobStatus.PENDING_QC)
    calls = platform.steps.calls
    assert (calls["transcribe_speech"], calls["place_descriptions"]) == (1, 1), "nothing is heard again"
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    state = await platform.until_language(job_id, "es", lambda each: each.stage is LanguageStage.LANGUAGE_QC)
    assert state.linguist_id is not None, "whoever is assigned stays so"
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)


@pytest.mark.parametrize("approved", [False, True], ids=["in source QC", "in its languages"])
async def test_what_is_asked_for_late_of_a_blocked_job_is_drafted_by_its_retry(
    platform: Platform, approved: bool
) -> None:
    job_id = await (
        platform.to_languages(CAPTIONS, from_the_video=True)
        if approved
        else platform.to_source_qc(CAPTIONS, from_the_video=True)
    )
    await platform.decide(job_id, JobAction.BLOCKED_ON_SOURCE, reason="The end is missing.")
    decided = await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    assert decided.status is JobStatus.BLOCKED_ON_SOURCE, "it stays blocked"
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_QC)
    calls = platform.steps.calls
    assert (calls["transcribe_speech"], calls["place_descriptions"]) == (1, 1)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)


async def test_what_is_asked_for_late_of_a_rejected_job_is_drafted_before_its_languages_go_on(
    platform: Platform,
) -> None:
    job_id = await platform.to_final_review(CAPTIONS)
    await platform.decide(job_id, JobAction.REJECT_FINAL, reason="It lacks descriptions.")
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    for step in (Step.TRANSLATE, Step.SYNTHESIZE):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide(job_id, JobAction.RETRY, from_step=step)
        assert refusal(refused.value).message.startswith(
            "The audio description is asked for and not there yet"
        )
        assert "from_step describe" in refusal(refused.value).message
    assert (await platform.row(job_id)).status is JobStatus.REJECTED
    await platform.decide(job_id, JobAction.RETRY, from_step=Step.DESCRIBE)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)


OF_SPANISH = {"languages": ("es",), "from_step": Step.TRANSLATE}


async def test_an_added_language_starts_and_a_removed_one_stops(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=PLAIN)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert (await platform.state(job_id)).languages["es"].stage is LanguageStage.REMOVED
    await platform.until_stage(job_id, "es", LanguageStage.REMOVED)
    returned = {"languages": ("es",), "reason": "The names are wrong."}
    await platform.decide(job_id, JobAction.COMPLETE)
    for action, details in ((JobAction.RETURN_TO_QC, returned), (JobAction.REPROCESS, OF_SPANISH)):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide_anew(job_id, action, **details)
        assert refusal(refused.value).message == "Not requested any more: es.", action
    row = await platform.row(job_id)
    assert row.status is JobStatus.COMPLETED, "it would be opened for nothing"


async def test_promotion_takes_a_failed_job_to_qc_with_what_there_is(platform: Platform) -> None:
    platform.steps.failures["watch_scenes"] = 1
    job_id = await platform.start()
    await platform.until(job_id, JobStatus.FAILED)

    await eventually(lambda: platform.steps.calls["draft_captions"] == 1)
    await platform.until_row(job_id, lambda row: row.status is JobStatus.FAILED)
    await platform.decide(job_id, JobAction.PROMOTE_TO_QC)
    await platform.until(job_id, JobStatus.PENDING_QC)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    assert "empty" in refusal(refused.value).message
