"""Messages that cannot be read, by the same calls as Temporal's UI makes: none fails a task or a run, and whoever sent
one can read why it did nothing."""

from __future__ import annotations

import inspect
import json
import typing
from typing import Any
from uuid import UUID

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle

from schema.contracts.base import Message
from schema.enums import JobAction, JobStatus, LanguageAction, QCState
from tests.workflows import raw
from tests.workflows.platform import Platform, eventually
from workers.registry import WORKFLOWS
from workflows.job import JobWorkflow
from workflows.language import LanguageWorkflow

Handler = tuple[type, str, str]


def handlers(kind: str) -> list[Handler]:
    """(workflow, attribute, name) of every handler of a kind: signal, update or query."""
    found = []
    for defined in WORKFLOWS:
        definition: Any = workflow._Definition.must_from_class(defined)
        registered = {"signal": definition.signals, "update": definition.updates, "query": definition.queries}
        for name, each in registered[kind].items():
            assert name is not None, "a dynamic handler has no words for staff"
            found.append((defined, each.fn.__name__, name))
    return found


OF_A_JOB = (JobWorkflow, LanguageWorkflow)


def with_input(kind: str) -> list[Handler]:
    """Of a job and its languages, whose messages people send by hand. Without parameters a handler is called whatever
    came: the SDK lets go of it."""
    return [
        each
        for each in handlers(kind)
        if each[0] in OF_A_JOB and len(inspect.signature(getattr(each[0], each[1])).parameters) > 1
    ]


ALL = [(kind, *each) for kind in ("signal", "update", "query") for each in handlers(kind)]


@pytest.mark.parametrize(("kind", "defined", "attribute", "name"), ALL, ids=lambda each: str(each))
def test_every_handler_takes_messages(kind: str, defined: type, attribute: str, name: str) -> None:
    """At most one, of a type that is read as a message, and says in words what it is for."""
    handler = getattr(defined, attribute)
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    assert len(parameters) <= 1
    hints = typing.get_type_hints(handler)
    for parameter in parameters:
        taken = typing.get_args(hints[parameter.name]) or (hints[parameter.name],)
        messages = [each for each in taken if each is not type(None)]
        assert messages
        assert all(issubclass(each, Message) for each in messages)
    definition: Any = workflow._Definition.must_from_class(defined)
    described = {"signal": definition.signals, "update": definition.updates, "query": definition.queries}
    assert described[kind][name].description


def test_every_workflow_that_takes_messages_tells_staff() -> None:
    for defined, _, _ in handlers("signal"):
        assert callable(getattr(defined, "tell_staff", None)), defined


async def a_job(platform: Platform) -> dict[str, WorkflowHandle]:
    """In language QC: a handle by the name of its workflow's type."""
    job_id = await platform.to_languages()
    return {"JobWorkflow": platform.job(job_id), "LanguageWorkflow": platform.language(job_id, "es")}


def _json(value: object) -> Payload:
    return raw.payload(json.dumps(value).encode())


UNREADABLE: dict[str, tuple[list[Payload], str]] = {
    "two inputs": ([_json({"action": "cancel"}), _json({"action": "cancel"})], "and 2 came."),
    "three, not all JSON": ([_json(1), raw.payload(b"{"), _json({})], "and 3 came."),
    "a list": ([_json([1, 2])], "the input: Input should be"),
    "not JSON": ([raw.payload(b"{action: cancel")], "Invalid JSON"),
    "bytes": ([raw.payload(b"\x00\xff", "binary/plain")], "something else came."),
    "a number": ([_json(7)], "the input: Input should be"),
    "an encoding that nobody knows": ([raw.payload(b"", "binary/encrypted")], "It is not JSON."),
    "too large": ([_json({"action": "cancel", "reason": "x" * 400_000})], "It has more than 256 KiB."),
}
"""Inputs, and words of what is said of them: each other ones than those before."""


@pytest.mark.parametrize(("defined", "attribute", "name"), with_input("signal"), ids=lambda each: str(each))
async def test_a_signal_that_cannot_be_read_is_dropped_and_said(
    platform: Platform, defined: type, attribute: str, name: str
) -> None:
    handle = (await a_job(platform))[defined.__name__]
    for what, (inputs, told) in UNREADABLE.items():
        await raw.signal(platform.client, handle, name, inputs)

        async def said(told: str = told) -> bool:
            shown = await raw.details(handle)
            return f"Dropped the signal `{name}`" in shown and told in shown

        await eventually(said)
        assert await raw.task_failures(handle) == 0, what
    job_id = UUID(handle.id.removeprefix("job-")[:36])
    assert (await platform.row(job_id)).status is JobStatus.LANGUAGE_QC


async def test_an_empty_data_field_in_the_ui_wedges_nothing(platform: Platform) -> None:
    """Two clicks: *Send a Signal*, `decide`, and no input."""
    job_id = await platform.to_source_qc()
    handle = platform.job(job_id)
    for name in ("decide", "report"):
        await raw.signal(platform.client, handle, name)
    await eventually(lambda: _says(handle, "Dropped the signal `report`: It takes 1 input, and none came."))
    assert await raw.task_failures(handle) == 0
    assert (await platform.state(job_id)).status is JobStatus.PENDING_QC
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert not await _says(handle, "Dropped"), "a decision that was taken takes the note away"


async def _says(handle: WorkflowHandle, words: str) -> bool:
    return words in await raw.details(handle)


@pytest.mark.parametrize(("defined", "attribute", "name"), with_input("update"), ids=lambda each: str(each))
async def test_an_update_that_cannot_be_read_is_refused_in_words(
    platform: Platform, defined: type, attribute: str, name: str
) -> None:
    handle = (await a_job(platform))[defined.__name__]
    for what, (inputs, told) in {**UNREADABLE, "none": ([], "none came.")}.items():
        refused = await raw.update(platform.client, handle, name, inputs)
        assert refused is not None, what
        assert refused.startswith(f"The update {name} cannot be read: "), (what, refused)
        assert told in refused, (what, refused)
        assert await raw.task_failures(handle) == 0, what
    for typed, told in (
        ({"resaon": "x"}, "There is no field resaon."),
        ({"actor": {"name": "a", "boss": 1}}, "There is no field actor.boss."),
        ({"reason": "a\0b"}, "reason: it holds the character U+0000: take it out."),
        ({"revision": 2**31}, "revision: Input should be less than or equal to 2147483647."),
    ):
        refused = await raw.update(platform.client, handle, name, [_json({"action": "reject", **typed})])
        assert refused == f"The update {name} cannot be read: {told}"


async def test_a_typing_mistake_of_a_person_decides_nothing(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    handle = platform.job(job_id)
    await raw.signal(platform.client, handle, "decide", [_json({"action": "approve_source", "version": 1})])
    await eventually(lambda: _says(handle, "Dropped the signal `decide`: There is no field version."))
    assert (await platform.state(job_id)).status is JobStatus.PENDING_QC
    text = {"action": "blocked_on_source", "reason": "a\0b"}
    await raw.signal(platform.client, handle, "decide", [_json(text)])
    await eventually(lambda: _says(handle, "reason: it holds the character U+0000"))
    assert (await platform.row(job_id)).status is JobStatus.PENDING_QC


async def test_what_a_machine_sends_may_hold_what_this_code_does_not_know(platform: Platform) -> None:
    """A newer worker's report and beginning, as in the midst of a rollout."""
    job_id = await platform.to_languages()
    state = await platform.language_state(job_id, "es")
    newer = {**state.model_dump(mode="json"), "mood": "calm", "qc_state": QCState.ASSIGNED}
    await raw.signal(platform.client, platform.job(job_id), "report", [_json({"state": newer, "at": "noon"})])

    async def taken() -> bool:
        return (await platform.state(job_id)).languages["es"].qc_state is QCState.ASSIGNED

    await eventually(taken)
    await raw.signal(platform.client, platform.language(job_id, "es"), "settle", [_json({"why": "reset"})])
    await platform.assign(job_id, "es")
    await platform.decide_language(job_id, "es", LanguageAction.START_WORK)
    await eventually(lambda: _is_told(platform, job_id, QCState.IN_PROGRESS))


async def _is_told(platform: Platform, job_id: Any, state: QCState) -> bool:
    return (await platform.state(job_id)).languages["es"].qc_state is state
