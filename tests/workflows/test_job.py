"""A job through its gates."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from schema.contracts.job import JobState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Versions
from schema.enums import JobAction, JobStatus, Kind, LanguageAction, LanguageStage, QCState, Role, Step
from tests.workflows.conftest import Platform

ALL = RequestedOutputs(audio_description_mp3=True, accessible_video_mp4=True)
SPANISH = RequestedOutputs(audio_description_mp3=True, accessible_video_mp4=True, languages=("es",))


def refusal(error: WorkflowUpdateFailedError) -> ApplicationError:
    assert isinstance(error.cause, ApplicationError)
    return error.cause


async def review(platform: Platform, job_id, code: str) -> None:
    """Language QC, by the right people."""
    linguist, reviewer = uuid4(), uuid4()
    as_linguist = {"actor": Actor(name="Lin", role=Role.LINGUIST, user_id=None)}
    await platform.decide_language(job_id, code, LanguageAction.START_WORK, **as_linguist)
    await platform.decide_language(job_id, code, LanguageAction.SUBMIT, **as_linguist)
    await platform.decide_language(job_id, code, LanguageAction.OPEN_REVIEW)
    _ = linguist, reviewer
    await platform.decide_language(job_id, code, LanguageAction.APPROVE)


async def test_a_source_only_job_goes_from_upload_to_completed(platform: Platform) -> None:
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.PENDING_QC)
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
    assert platform.steps.calls == dict.fromkeys(
        (
            "probe_source",
            "transcribe_speech",
            "watch_scenes",
            "place_descriptions",
            "synthesize_descriptions",
            "mux_accessible_video",
        ),
        1,
    )


async def test_two_reviewers_at_once_are_one_success_and_one_conflict(platform: Platform) -> None:
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.PENDING_QC)
    results = await asyncio.gather(
        *(platform.decide(job_id, JobAction.APPROVE_SOURCE, id=f"k{n}") for n in range(2)),
        return_exceptions=True,
    )
    failed = [each for each in results if isinstance(each, WorkflowUpdateFailedError)]
    assert len(failed) == 1
    assert refusal(failed[0]).type == "conflict"


async def test_the_same_decision_sent_twice_acts_once(platform: Platform) -> None:
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.PENDING_QC)
    first = await platform.decide(job_id, JobAction.APPROVE_SOURCE, id="same")
    assert await platform.decide(job_id, JobAction.APPROVE_SOURCE, id="same") == first


async def test_an_approval_of_older_text_is_refused(platform: Platform) -> None:
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.PENDING_QC)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE, versions=Versions(captions=7))
    assert "newer" in refusal(refused.value).message
    assert (await platform.state(job_id)).status is JobStatus.PENDING_QC


async def test_a_decision_about_an_earlier_revision_or_run_is_refused(platform: Platform) -> None:
    job_id = await platform.start(ALL)
    row = await platform.until(job_id, JobStatus.PENDING_QC)
    for stale in ({"revision": row.revision - 1}, {"run_id": "another"}):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await platform.decide(job_id, JobAction.APPROVE_SOURCE, **stale)
        assert refusal(refused.value).type == "conflict"


async def test_a_language_goes_through_qc(platform: Platform) -> None:
    job_id = await platform.start(SPANISH)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_language(job_id, "es", lambda s: s.qc_state is QCState.UNASSIGNED)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    linguist, reviewer = await two_people(platform)
    await platform.decide_language(job_id, "es", LanguageAction.ASSIGN, person_id=linguist)
    await platform.decide_language(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=reviewer)
    await review(platform, job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    assert platform.steps.calls["mux_accessible_video"] == 2


async def two_people(platform: Platform):
    from tests.factories import make_project

    return (await make_project(platform.database))[3].id, (await make_project(platform.database))[3].id


async def test_nobody_approves_their_own_translation(platform: Platform) -> None:
    job_id = await platform.start(SPANISH)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_language(job_id, "es", lambda s: s.qc_state is QCState.UNASSIGNED)
    linguist, _ = await two_people(platform)
    await platform.decide_language(job_id, "es", LanguageAction.ASSIGN, person_id=linguist)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide_language(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=linguist)
    assert "own translation" in refusal(refused.value).message


@pytest.mark.parametrize(
    ("activity", "step"),
    [
        ("probe_source", Step.PROBE),
        ("transcribe_speech", Step.TRANSCRIBE),
        ("watch_scenes", Step.DESCRIBE),
        ("place_descriptions", Step.DESCRIBE),
    ],
)
async def test_a_failed_draft_step_waits_and_goes_on_after_a_retry(
    platform: Platform, activity: str, step: Step
) -> None:
    platform.steps.failures[activity] = 1
    job_id = await platform.start(ALL)
    row = await platform.until(job_id, JobStatus.FAILED)
    assert row.failure is not None
    assert row.failure["step"] == step
    assert row.failure["reason"] == "The provider said no."
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert platform.steps.calls["probe_source"] == (2 if activity == "probe_source" else 1)


async def test_staff_retry_by_a_signal_without_input(platform: Platform) -> None:
    platform.steps.failures["transcribe_speech"] = 1
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.FAILED)
    await platform.job(job_id).signal("retry")
    await platform.until(job_id, JobStatus.PENDING_QC)


@pytest.mark.parametrize("activity", ["translate_texts", "synthesize_descriptions", "mux_accessible_video"])
async def test_one_failed_language_holds_back_no_other(platform: Platform, activity: str) -> None:
    platform.steps.failures[f"{activity}:es"] = 1
    job_id = await platform.start(SPANISH)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    if activity != "translate_texts":
        await platform.until_language(job_id, "es", lambda s: s.qc_state is QCState.UNASSIGNED)
        await platform.decide_language(
            job_id, "es", LanguageAction.ASSIGN, person_id=(await two_people(platform))[0]
        )
        await review(platform, job_id, "es")
    row = await platform.until(job_id, JobStatus.FAILED)
    assert row.failure is not None
    assert row.failure["language"] == "es"
    await platform.until_language(job_id, "en", lambda s: s.stage is LanguageStage.READY)
    await platform.decide(job_id, JobAction.RETRY, language="es")
    state = await platform.until_language(job_id, "es", lambda s: s.stage is not LanguageStage.FAILED)
    assert state.failure is None


async def test_cancel_stops_running_work_within_seconds(platform: Platform) -> None:
    platform.steps.gates["transcribe_speech"] = asyncio.Event()
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.TRANSCRIBING)
    async with asyncio.timeout(5):
        while not platform.steps.calls["transcribe_speech"]:
            await asyncio.sleep(0.02)
    await platform.decide(job_id, JobAction.CANCEL)
    assert (await platform.row(job_id)).status is JobStatus.CANCELLED
    async with asyncio.timeout(25):
        while not platform.steps.cancelled["transcribe_speech"]:
            await asyncio.sleep(0.05)
    await platform.job(job_id).result()


async def test_a_block_stops_work_and_a_retry_goes_on_where_it_was(platform: Platform) -> None:
    platform.steps.gates["mux_accessible_video"] = asyncio.Event()
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.MUXING)
    await platform.decide(
        job_id, JobAction.BLOCKED_ON_SOURCE, reason="The sound is missing after minute two."
    )
    row = await platform.row(job_id)
    assert (row.status, row.reason) == (JobStatus.BLOCKED_ON_SOURCE, "The sound is missing after minute two.")
    platform.steps.gates["mux_accessible_video"].set()
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_a_rejected_job_is_retried_from_a_step(platform: Platform) -> None:
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.PENDING_QC)
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
    job_id = await platform.start(SPANISH)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_language(job_id, "es", lambda s: s.qc_state is QCState.UNASSIGNED)
    await platform.decide_language(
        job_id, "es", LanguageAction.ASSIGN, person_id=(await two_people(platform))[0]
    )
    await review(platform, job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    returned = await platform.decide(
        job_id, JobAction.RETURN_TO_QC, reason="Check cue c1.", languages=("es",)
    )
    assert returned.status is JobStatus.LANGUAGE_QC
    state = await platform.until_language(job_id, "es", lambda s: s.qc_state is QCState.IN_PROGRESS)
    assert state.reason == "Check cue c1."
    await platform.decide_language(job_id, "es", LanguageAction.SUBMIT)
    await platform.decide_language(job_id, "es", LanguageAction.OPEN_REVIEW)
    await platform.decide_language(job_id, "es", LanguageAction.APPROVE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_an_added_language_starts_and_a_removed_one_stops(platform: Platform) -> None:
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=ALL)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert (await platform.state(job_id)).languages["es"].stage is LanguageStage.REMOVED


async def test_promotion_takes_a_failed_job_to_qc_with_what_there_is(platform: Platform) -> None:
    platform.steps.failures["watch_scenes"] = 1
    job_id = await platform.start(ALL)
    await platform.until(job_id, JobStatus.FAILED)
    async with asyncio.timeout(5):
        while not (await platform.state(job_id)).artifacts.words:
            await asyncio.sleep(0.05)
    await platform.decide(job_id, JobAction.PROMOTE_TO_QC)
    await platform.until(job_id, JobStatus.PENDING_QC)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    assert "empty" in refusal(refused.value).message


async def test_texts_that_the_client_brings_cost_no_drafts(platform: Platform) -> None:
    state = JobState(outputs=ALL, brought=(Kind.CAPTIONS, Kind.AUDIO_DESCRIPTION))
    job_id = await platform.start(ALL, state=state.model_dump(mode="json", exclude={"languages"}))
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert platform.steps.calls == {"probe_source": 1, "transcribe_speech": 1}
