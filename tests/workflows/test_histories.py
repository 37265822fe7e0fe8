"""Recorded histories against today's code: a job runs for weeks, and new code must still do what was done before.

`make histories` records them anew, after a change that is meant to break them before anything is in production.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.message import Message as ProtoMessage
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    SignalExternalWorkflowInput,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from schema.contracts.batches import BatchFilter, BatchWork
from schema.enums import (
    BatchAction,
    BatchStatus,
    JobAction,
    JobStatus,
    LanguageAction,
    LanguageStage,
    QCState,
    Step,
)
from tests.workflows.batch_kit import nobodys, of
from tests.workflows.platform import PLAIN, SPANISH, Platform
from tests.workflows.staff import decision, reset_to_before
from workers.registry import SANDBOX, WORKFLOWS
from workflows import names
from workflows.converter import data_converter
from workflows.inbound import GuardMessages

HISTORIES = Path(__file__).parent / "histories"
PATHS = sorted(HISTORIES.glob("*.json"))
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


async def batch_in_two_runs(platform: Platform) -> Histories:
    """A pause in the first, and jobs that are refused."""
    case = of(platform)
    job_id = await platform.to_source_qc()
    batch = await case.make(BatchWork(action=BatchAction.APPROVE), [job_id, *nobodys(5)])
    handle = await case.start(batch, piece=1, in_flight=2, pieces_a_run=3, paused=True)
    first = (await handle.describe()).run_id
    await handle.execute_update(names.RESUME)
    await case.ended(batch)
    return {"first": platform.client.get_workflow_handle(handle.id, run_id=first), "last": handle}


async def batch_cancelled(platform: Platform) -> Histories:
    case = of(platform)
    wanted = BatchFilter(status=(JobStatus.FAILED,), language="ko")
    empty = await case.make(BatchWork(action=BatchAction.RETRY), filter=wanted)
    nothing = await case.start(empty)
    await case.ended(empty)
    batch = await case.make(BatchWork(action=BatchAction.RETRY), nobodys(9))
    handle = await case.start(batch, piece=3, in_flight=1, paused=True)
    await handle.execute_update(names.CANCEL)
    await case.ended(batch, BatchStatus.CANCELLED)
    return {"nothing": nothing, "last": handle}


async def download_packed(platform: Platform) -> Histories:
    case = of(platform)
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [await platform.to_source_qc()])
    handle = await case.start(batch)
    await case.ended(batch)
    return {"last": handle}


Histories = Mapping[str, WorkflowHandle]
BATCH_STORIES: tuple[Callable[[Platform], Awaitable[Histories]], ...] = (
    batch_in_two_runs,
    batch_cancelled,
    download_packed,
)


@pytest.mark.record
@pytest.mark.parametrize("story", BATCH_STORIES, ids=lambda story: story.__name__)
async def test_record_batches(platform: Platform, story: Callable[[Platform], Awaitable[Histories]]) -> None:
    for name, handle in (await story(platform)).items():
        await write_history(f"{story.__name__}.{name}", handle)


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


def replayer(*interceptors: Interceptor) -> Replayer:
    return Replayer(
        workflows=WORKFLOWS,
        workflow_runner=SANDBOX,
        data_converter=data_converter,
        interceptors=[GuardMessages(), *interceptors],
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
async def test_replay(path: Path) -> None:
    """Fails when the order of commands, an activity's type or a timer is another than it was."""
    await replayer().replay_workflow(WorkflowHistory.from_json(path.stem, path.read_text()))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
async def test_replay_with_a_field_that_this_code_does_not_know(path: Path) -> None:
    """In every payload, as newer code may have sent it before it was rolled back."""
    newer = WorkflowHistory.from_json(path.stem, path.read_text())
    for payload in payloads_of(newer.events):
        payload.data = json.dumps(_newer(json.loads(payload.data))).encode()
    await replayer().replay_workflow(newer)


def payloads_of(value: Any) -> Iterator[Payload]:
    """Every JSON payload of ours inside `value`: what Temporal and the SDK write in their markers and attributes is
    not newer code's."""
    if isinstance(value, Payload):
        if value.metadata.get("encoding") == b"json/plain":
            yield value
    elif isinstance(value, ProtoMessage):
        for field, inner in value.ListFields():
            if field.name not in ("search_attributes", "user_metadata", "details", "memo", "header"):
                yield from payloads_of(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from payloads_of(inner)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for inner in value:
            yield from payloads_of(inner)


def _newer(value: Any) -> Any:
    """Objects with a field more, but for those whose keys are languages or ids."""
    if isinstance(value, list):
        return [_newer(each) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {
        key: {code: _newer(each) for code, each in below.items()}
        if key in _BY_KEY and isinstance(below, dict)
        else _newer(below)
        for key, below in value.items()
    }
    return {**inner, "of_newer_code": {"any": 1}}


_BY_KEY = ("languages", "answered", "dubs", "voices", "counts", "reasons")


class Commands(Interceptor):
    """Writes down what workflows ask for, with queues, time limits and attempts, which a replay does not compare."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        asked = self.asked

        class Out(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> Any:
                attempts = input.retry_policy.maximum_attempts if input.retry_policy else None
                limits = (
                    f"{_seconds(input.start_to_close_timeout)}, heartbeat {_seconds(input.heartbeat_timeout)}"
                )
                asked.append(f"{input.activity} on {input.task_queue}: {limits}, attempts {attempts}")
                return super().start_activity(input)

            async def start_child_workflow(self, input: StartChildWorkflowInput) -> Any:
                asked.append(f"child {input.workflow} on {input.task_queue}")
                return await super().start_child_workflow(input)

            async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
                asked.append(f"signal {input.signal}")
                await super().signal_external_workflow(input)

        class In(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Out(outbound))

        return In


def _seconds(limit: timedelta | None) -> str:
    return f"{limit.total_seconds():g} s" if limit else "none"


async def commands_of(path: Path) -> list[str]:
    commands = Commands()
    await replayer(commands).replay_workflow(WorkflowHistory.from_json(path.stem, path.read_text()))
    return commands.asked


COMMANDS = Path(__file__).parent / "commands.json"


@pytest.mark.record
async def test_record_commands() -> None:
    COMMANDS.write_text(json.dumps({path.stem: await commands_of(path) for path in PATHS}, indent=1) + "\n")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
async def test_the_commands_of_a_history_are_those_that_are_committed(path: Path) -> None:
    """A run of the older build that is open goes on in the same pools, under the same limits: a change of them is seen
    here, and meant (`make histories`)."""
    assert await commands_of(path) == json.loads(COMMANDS.read_text())[path.stem]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
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
    batches = {path.name.split(".")[0] for path in HISTORIES.glob("*.last.json")}
    assert batches == {story.__name__ for story in BATCH_STORIES}, "make histories"
