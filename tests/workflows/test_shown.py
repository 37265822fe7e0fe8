"""What staff see in the Temporal UI: words, titles, and what they may decide."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.workflow import _Definition as Definition

from schema.contracts.job import JobDecision
from schema.contracts.people import Actor
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState, Role, Step
from tests.workflows import staff
from tests.workflows.platform import PLAIN, SPANISH, Platform, eventually
from workers.registry import WORKFLOWS
from workflows import names, words

INTERNAL = {names.ABOUT, names.REPORT, names.BEGIN, names.STOP, names.CLOSE, names.SETTLE}
CODE = re.compile(r"[a-z]+_[a-z_]+|/")
"""What a person would not write."""


async def details(handle: WorkflowHandle) -> str:
    metadata = await handle.query("__temporal_workflow_metadata")
    return str(metadata["currentDetails"] if isinstance(metadata, dict) else metadata.current_details)


def without_names(text: str) -> str:
    """Without what is to be sent as it is."""
    return re.sub(r"`[a-z_]+`", "", text)


async def test_details_are_words(platform: Platform) -> None:
    job_id = await platform.to_source_qc(SPANISH, from_the_video=True)
    at_qc = await details(platform.job(job_id))
    assert "Waits for source QC" in at_qc
    assert "approve the source texts (`approve_source`)" in at_qc
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    await platform.until_stage(job_id, "en", LanguageStage.READY)
    await eventually(lambda: knows_ready(platform, job_id))
    told = [at_qc, *[await details(each) for each in (platform.job(job_id), *both(platform, job_id))]]
    assert "en (the source) is ready" in told[1]
    assert "es waits for language QC (needs a linguist)" in told[1]
    for text in told:
        assert not CODE.search(without_names(text)), text


async def knows_ready(platform: Platform, job_id: UUID) -> bool:
    return (await platform.state(job_id)).languages["en"].stage is LanguageStage.READY


def both(platform: Platform, job_id: UUID) -> list[WorkflowHandle]:
    return [platform.language(job_id, code) for code in ("en", "es")]


async def test_the_source_has_no_qc_and_nothing_to_decide(platform: Platform) -> None:
    job_id = await platform.to_languages()
    told = await details(platform.language(job_id, "en"))
    assert "QC" not in told and "Allowed now" not in told


async def test_only_what_would_be_taken_is_allowed_now(platform: Platform) -> None:
    job_id = await platform.to_source_qc(SPANISH)
    assert "`retry_tts`" not in await details(platform.job(job_id)), "nothing is spoken yet"
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    spanish = platform.language(job_id, "es")
    await platform.decide(job_id, JobAction.BLOCKED_ON_SOURCE, reason="The sound is missing.")
    await platform.until_stage(job_id, "es", LanguageStage.WAITING)
    assert (await details(spanish)).endswith("Allowed now: nothing")
    await platform.decide(job_id, JobAction.CANCEL)


async def test_a_german_source_is_not_approved_as_english(platform: Platform) -> None:
    job_id = await platform.start(PLAIN, source_language="de")
    await platform.until(job_id, JobStatus.PENDING_QC)
    told = await details(platform.job(job_id))
    assert "`approve_source`" in told and "`approve_english`" not in told


async def test_a_job_and_its_languages_are_found_by_their_title(platform: Platform) -> None:
    title = f"Der Leuchtturm {uuid4().hex[:8]}"
    job_id = await platform.to_source_qc(PLAIN, title=title)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await staff.listed(platform.client, f"Title = '{title}'", 2)
    job, source = [
        await handle.describe() for handle in (platform.job(job_id), platform.language(job_id, "en"))
    ]
    assert await job.static_summary() == title
    assert await source.static_summary() == f"en: {title}"
    assert "jobs/" not in str(await job.static_details())


async def test_a_title_of_any_length_starts(platform: Platform) -> None:
    """In bytes, of which Temporal takes 400 as a summary; and in characters, of which it is 255 as an attribute."""
    title = "🎬" * 400
    job_id = await platform.to_source_qc(PLAIN, title=title)
    described = await platform.job(job_id).describe()
    summary = await described.static_summary()
    assert summary is not None
    assert title.startswith(summary.rstrip("…")) and len(summary.encode()) <= 400
    attribute = described.typed_search_attributes.get(names.TITLE)
    assert attribute is not None and title.startswith(attribute) and 100 < len(attribute) <= 255
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def test_whoever_has_a_long_name_and_a_long_reason_wedges_nothing(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    decision = JobDecision(action=JobAction.APPROVE_SOURCE, actor=Actor(name="名" * 400, role=Role.REVIEWER))
    await platform.job(job_id).execute_update(names.DECIDE, decision)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.REJECT_FINAL, reason="🎬" * 2500)
    await platform.until(job_id, JobStatus.REJECTED)


async def test_activities_are_summed_up_in_words(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    converter = platform.client.data_converter
    told = []
    for handle in (platform.job(job_id), *both(platform, job_id)):
        async for event in handle.fetch_history_events():
            if event.HasField("activity_task_scheduled_event_attributes"):
                (summary,) = await converter.decode([event.user_metadata.summary], [str])
                told.append(summary)
    assert "Renders the accessible video, es" in told
    assert "Translates en to es" in told
    for summary in told:
        assert not CODE.search(summary), summary


@pytest.mark.parametrize("how", ["ended by its job", "cancelled in Temporal"])
async def test_what_has_ended_needs_nobody(platform: Platform, how: str) -> None:
    job_id = await platform.to_languages()
    spanish = platform.language(job_id, "es")
    needed = f"WorkflowId = '{spanish.id}' AND NeedsHuman = true"
    await staff.listed(platform.client, needed, 1)
    if how == "ended by its job":
        await platform.decide(job_id, JobAction.CANCEL)
        assert await platform.ended(spanish) is WorkflowExecutionStatus.COMPLETED
    else:
        await spanish.cancel()
        assert await platform.ended(spanish) is WorkflowExecutionStatus.CANCELED
    await staff.listed(platform.client, needed, 0)


async def test_jobs_and_languages_are_listed_by_the_same_statuses(platform: Platform) -> None:
    assert len(set(words.STATUS_OF_STAGE.values())) == len(LanguageStage)
    job_id = await platform.to_languages()
    query = f"JobStatus = 'language_qc' AND WorkflowId STARTS_WITH 'job-{job_id}'"
    await staff.listed(platform.client, query, 2)
    await eventually(lambda: is_ready(platform, job_id))


async def is_ready(platform: Platform, job_id: UUID) -> bool:
    described = await platform.language(job_id, "en").describe()
    return described.typed_search_attributes.get(names.JOB_STATUS) == JobStatus.PENDING_FINAL_REVIEW


def test_everything_has_its_words() -> None:
    assert set(words.STATUS) == set(JobStatus)
    assert set(words.STAGE) == set(words.STATUS_OF_STAGE) == set(LanguageStage)
    assert set(words.QC) == set(QCState)
    assert set(words.STEP) == set(Step)
    assert set(words.ACTION) == set(JobAction)
    assert set(words.LANGUAGE_ACTION) == set(LanguageAction)


def test_what_is_no_business_of_people_says_so() -> None:
    for each in WORKFLOWS:
        for name, signal in Definition.must_from_class(each).signals.items():
            assert ("not for people" in (signal.description or "")) is (name in INTERNAL), (each, name)
