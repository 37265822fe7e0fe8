"""Recorded histories against today's code: a job runs for weeks, and new code must still do what was done before.

`make histories` records them anew, after a change that is meant to break them before anything is in production.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState, Step
from tests.workflows.platform import PLAIN, SPANISH, Platform
from tests.workflows.staff import decision, reset_to_before
from workers.registry import SANDBOX, WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"
CONTINUED = "continued"
"""Runs that end in a new one, and those: test_long records them, on a server that suggests it early."""


async def completed(platform: Platform) -> UUID:
    """Every gate, with a language."""
    job_id = await platform.to_final_review(SPANISH)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    return job_id


async def failed_and_retried(platform: Platform) -> UUID:
    platform.steps.failures["transcribe_speech"] = 1
    platform.steps.failures["synthesize_descriptions:en"] = 1
    job_id = await platform.start()
    await platform.until(job_id, JobStatus.FAILED)
    await platform.job(job_id).signal("retry")
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_stage(job_id, "en", LanguageStage.FAILED)
    await platform.until(job_id, JobStatus.FAILED)
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def rejected_and_retried(platform: Platform) -> UUID:
    job_id = await platform.to_source_qc()
    await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.")
    await platform.decide(job_id, JobAction.RETRY, from_step=Step.TRANSCRIBE)
    await platform.until(job_id, JobStatus.PENDING_QC)
    return job_id


async def blocked_and_resumed(platform: Platform) -> UUID:
    job_id = await platform.to_languages(SPANISH)
    await platform.decide(job_id, JobAction.BLOCKED_ON_SOURCE, reason="The sound is missing.")
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    return job_id


async def returned_and_finished(platform: Platform) -> UUID:
    job_id = await platform.to_final_review(PLAIN)
    await platform.decide(job_id, JobAction.RETURN_TO_QC, reason="Check the second cue.")
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    return job_id


async def cancelled(platform: Platform) -> UUID:
    job_id = await platform.to_source_qc()
    await platform.decide(job_id, JobAction.CANCEL)
    await platform.ended(platform.job(job_id))
    return job_id


async def reset(platform: Platform) -> UUID:
    """Back to before the approval, which must be given anew."""
    job_id = await platform.to_final_review(PLAIN)
    await reset_to_before(platform.client, platform.job(job_id), decision("approve_source"))
    await platform.sweep()
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide_anew(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def reset_of_one_language(platform: Platform) -> UUID:
    job_id = await platform.to_final_review(SPANISH)
    await reset_to_before(platform.client, platform.language(job_id, "es"), decision("approve"))
    await platform.sweep()
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    await platform.decide_language(job_id, "es", LanguageAction.APPROVE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def language_failed_and_retried(platform: Platform) -> UUID:
    """A dub, heard twice; a translation that fails and is asked for again at the language itself."""
    dubbed = SPANISH.model_copy(update={"dubs": {"es": "gs://bucket/jobs/1/source.wav"}})
    platform.steps.failures["translate_texts:es"] = 1
    job_id = await platform.to_source_qc(dubbed)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_stage(job_id, "es", LanguageStage.FAILED)
    await platform.language(job_id, "es").signal("retry")
    await platform.until_language(job_id, "es", lambda state: state.qc_state is QCState.UNASSIGNED)
    await platform.assign(job_id, "es")
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


STORIES: tuple[Callable[[Platform], Awaitable[UUID]], ...] = (
    completed,
    failed_and_retried,
    rejected_and_retried,
    blocked_and_resumed,
    returned_and_finished,
    cancelled,
    reset,
    reset_of_one_language,
    language_failed_and_retried,
)


@pytest.mark.record
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_record(platform: Platform, story: Callable[[Platform], Awaitable[UUID]]) -> None:
    """Writes the job's history and those of its languages."""
    job_id = await story(platform)
    state = await platform.state(job_id)
    handles = {"job": platform.job(job_id)}
    handles |= {code: platform.language(job_id, code) for code in state.languages}
    for name, handle in handles.items():
        await write_history(f"{story.__name__}.{name}", handle)


async def write_history(name: str, handle: WorkflowHandle) -> None:
    HISTORIES.mkdir(exist_ok=True)
    history = await handle.fetch_history()
    assert history.events
    (HISTORIES / f"{name}.json").write_text(without_machine(history.to_json()) + "\n")


def without_machine(history: str) -> str:
    """`history` without stack traces and names of processes: they tell of the machine that recorded it."""
    history = re.sub(r'"stackTrace": "(?:[^"\\]|\\.)*"', '"stackTrace": ""', history)
    return re.sub(rf"\d+@{re.escape(socket.gethostname())}", "worker", history)


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
async def test_replay(path: Path) -> None:
    """Fails when the order of commands, an activity's type or a timer is another than it was."""
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=SANDBOX, data_converter=pydantic_data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, path.read_text()))


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*.json")), ids=lambda path: path.stem)
def test_nothing_failed_on_the_way_but_what_a_reset_ended(path: Path) -> None:
    """A failed task is played again from the start, and staff wonder at it. One comes about where a workflow ends while
    something arrives for it, such as the end of its own child; a run that continues as new cannot help it."""
    allowed = {"WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW"}
    if path.stem.startswith(CONTINUED):
        allowed |= {"WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND"}
    events = json.loads(path.read_text())["events"]
    failures = [
        event["workflowTaskFailedEventAttributes"]["cause"]
        for event in events
        if event["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_FAILED"
    ]
    assert set(failures) <= allowed


def test_every_story_is_recorded() -> None:
    recorded = {path.name.split(".")[0] for path in HISTORIES.glob("*.job.json")}
    assert recorded == {story.__name__ for story in STORIES} | {CONTINUED}, "make histories"
