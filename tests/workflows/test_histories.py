"""Recorded histories against today's code: a job runs for weeks, and new code must still do what was done before.

Those of earlier builds are kept (`histories/older`). `make histories` records the others anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message as ProtoMessage
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
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

from tests.workflows.recorded import COMMANDS, CONTINUED, HISTORIES, paths, title
from tests.workflows.stories import BATCH_STORIES, STORIES
from tests.workflows.webhook_stories import WEBHOOK_STORIES
from workers.registry import SANDBOX, WORKFLOWS
from workflows.converter import data_converter
from workflows.inbound import GuardMessages

each_history = pytest.mark.parametrize("path", paths(), ids=title)


def replayer(*interceptors: Interceptor) -> Replayer:
    return Replayer(
        workflows=WORKFLOWS,
        workflow_runner=SANDBOX,
        data_converter=data_converter,
        interceptors=[GuardMessages(), *interceptors],
    )


@each_history
async def test_replay(path: Path) -> None:
    """Fails when the order of commands, an activity's type or a timer is another than it was."""
    await replayer().replay_workflow(WorkflowHistory.from_json(path.stem, path.read_text()))


@each_history
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
    """Objects with a field more, but for those whose keys are languages, kinds or ids."""
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


_BY_KEY = ("languages", "answered", "dubs", "voices", "counts", "reasons", "flagged_cues", "flagged")


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


@pytest.mark.record
async def test_record_commands() -> None:
    """Last, for it reads what the others write."""
    commands = {title(path): await commands_of(path) for path in paths()}
    COMMANDS.write_text(json.dumps(commands, indent=1) + "\n")


@each_history
async def test_the_commands_of_a_history_are_those_that_are_committed(path: Path) -> None:
    """A run of the older build that is open goes on in the same pools, under the same limits: a change of them is seen
    here, and meant (`make histories`)."""
    assert await commands_of(path) == json.loads(COMMANDS.read_text())[title(path)]


@each_history
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
    webhooks = {path.name.split(".")[0] for path in HISTORIES.glob("*.webhook.json")}
    assert webhooks == {story.__name__ for story in WEBHOOK_STORIES}, "make histories"
