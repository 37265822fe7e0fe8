"""The checks after a storm see what they are there for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowExecutionStatus

from schema.contracts.outputs import RequestedOutputs
from schema.enums import JobStatus
from tests.resilience.chaos import checks, paid
from tests.resilience.chaos.client import Write
from tests.resilience.chaos.evidence import Evidence, Workflow
from tests.resilience.chaos.faults import Fault
from tests.resilience.chaos.providers import ANSWERED, BEGUN, KEPT, Line
from tests.resilience.chaos.scripts import Script
from tests.resilience.chaos.workload import Run
from workflows import names

JOB = UUID(int=1)
WORKFLOW = names.job_workflow_id(JOB)


def _line(at: float, event: str, name: str = "") -> Line:
    return Line(at, event, "speak", "a text", name)


def test_what_is_asked_for_once_is_right() -> None:
    lines = [_line(1, BEGUN), _line(2, ANSWERED), _line(3, KEPT, "clip.flac"), _line(4, KEPT, "clip.json")]
    assert list(paid.again(lines, [])) == []
    assert paid.summary(lines) == "speak 1 times for 1"


def test_what_is_asked_again_needs_a_reason() -> None:
    lines = [_line(1, BEGUN), _line(50, BEGUN)]
    assert len(list(paid.again(lines, []))) == 1
    assert list(paid.again(lines, [Fault(20, "kill", "worker-synthesize", {}, until=25)])) == []
    assert len(list(paid.again(lines, [Fault(60, "kill", "worker-synthesize", {}, until=65)]))) == 1


def test_what_is_kept_is_not_asked_for_again_whatever_went_wrong() -> None:
    lines = [_line(1, BEGUN), _line(4, KEPT, "clip.json"), _line(60, BEGUN)]
    assert len(list(paid.again(lines, [Fault(20, "kill", "storage", {}, until=25)]))) == 1


def _write(event: str, answer: str) -> Write:
    return Write("reviewer", "POST", f"/jobs/{JOB}/{event}", event, answers=[(0, answer)])


def _run(*writes: Write) -> Run:
    return Run(0, Script("straight"), [_write("created", "201"), *writes])


def _found(**changes: Any) -> Evidence:
    """A job that was made and is completed, though no decision is told of."""
    outputs = RequestedOutputs(audio_description_vtt=False).model_dump(mode="json")
    job = {
        "id": JOB,
        "status": JobStatus.COMPLETED,
        "failure": None,
        "completed_at": "now",
        "deleted_at": None,
    }
    asset = {"language": "en", "kind": "captions_vtt", "object_name": "a", "size_bytes": 7}
    found = Evidence(
        job={**job, "requested_outputs": outputs, "source_language": "en", "state": None},
        languages=[],
        texts=[],
        assets=[asset],
        events=[{"type": "created", "language": None}],
        audit=[{"action": "job.create", "thing_id": str(JOB)}],
        objects={"a": 7},
        workflows={WORKFLOW: Workflow(WORKFLOW, WorkflowExecutionStatus.COMPLETED, 1)},
    )
    return replace(found, **changes)


def test_a_job_as_it_should_be() -> None:
    assert checks.all_of(_run(), _found()) == []


def test_a_decision_that_was_accepted_and_is_nowhere() -> None:
    said = checks.all_of(_run(_write("complete", "200")), _found())
    assert said == ["complete: accepted 1, decided 0", "job.complete: accepted 1, audited 0"]


def test_a_decision_that_was_refused_and_taken_all_the_same() -> None:
    events = [{"type": "created", "language": None}, {"type": "reject", "language": None}]
    assert checks.all_of(_run(_write("reject", "409")), _found(events=events)) == [
        "reject: accepted 0, decided 1"
    ]


def test_what_is_wrong_with_rows_objects_and_workflows() -> None:
    draft = {"language": "en", "kind": "captions", "origin": "draft", "content": "WEBVTT"}
    twice = [{**draft, "version": 1}, {**draft, "version": 2}]
    assert len(checks.all_of(_run(), _found(texts=twice))) == 1
    assert len(checks.all_of(_run(), _found(texts=twice[1:]))) == 1
    assert len(checks.all_of(_run(), _found(objects={"a": 8}))) == 1
    assert len(checks.all_of(_run(), _found(objects={"a": 7, "x/1.mp4": 1, "y/1.mp4": 1}))) == 1
    assert len(checks.all_of(_run(), _found(assets=[]))) == 1
    for status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.FAILED):
        flows = {WORKFLOW: Workflow(WORKFLOW, status, 1)}
        assert len(checks.all_of(_run(), _found(workflows=flows))) == 1
    flows = {WORKFLOW: Workflow(WORKFLOW, WorkflowExecutionStatus.COMPLETED, 2, broken=["no"])}
    assert len(checks.all_of(_run(), _found(workflows=flows))) == 2


def test_a_row_that_is_not_its_workflow() -> None:
    job = {**_found().job, "status": JobStatus.PENDING_QC, "completed_at": None, "state": {"revision": 1}}
    flow = Workflow(WORKFLOW, WorkflowExecutionStatus.RUNNING, 1, state={"revision": 2, "languages": {}})
    run = Run(0, Script("left", ends=JobStatus.PENDING_QC), [_write("created", "201")])
    said = checks.all_of(run, _found(job=job, workflows={WORKFLOW: flow}))
    assert said == ["revision of the job is 1 in its row, and 2 in its workflow"]


def test_an_accepted_request_that_is_refused_when_it_is_sent_again() -> None:
    write = Write("client", "POST", "/jobs", "created", answers=[(0, "201"), (1, "409")])
    run = Run(0, Script("straight"), [write])
    assert len(checks.all_of(run, _found())) == 1
    again = Write("client", "POST", "/jobs", "created", answers=[(0, "500"), (1, "201")])
    assert len(checks.all_of(Run(0, Script("straight"), [again]), _found())) == 1
