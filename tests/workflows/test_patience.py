"""How often a step is tried: what can pass for as long as its patience, what cannot once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from schema.contracts.base import Contract
from schema.contracts.steps import JobRef, ProbeInput
from tests.workflows.platform import Platform
from workflows import options, other_steps, steps


class Trial(Contract):
    job: JobRef
    patience_ms: int
    limit_ms: int = 30_000


@workflow.defn(name="PatientWorkflow")
class PatientWorkflow:
    @workflow.run
    async def run(self, trial: Trial) -> str:
        quick = replace(
            steps.PROBE.preset.retries, initial_interval=timedelta(milliseconds=20), maximum_attempts=3
        )
        preset = options.Preset(
            timedelta(milliseconds=trial.limit_ms),
            quick,
            steps.PROBE.preset.heartbeat,
            timedelta(milliseconds=trial.patience_ms),
            rest=timedelta(milliseconds=100),
        )
        made = await replace(steps.PROBE, preset=preset)(ProbeInput(job=trial.job))
        return made.media_report


async def _tried(platform: Platform, **trial: int) -> str:
    job = JobRef(
        job_id=uuid4(),
        org_id=uuid4(),
        client_id=uuid4(),
        project_id=uuid4(),
        source_language="en",
        source_object="x",
    )
    platform.steps.jobs.add(job.job_id)
    queue = f"patience-{job.job_id}"
    async with Worker(
        platform.client,
        task_queue=queue,
        workflows=[PatientWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="tests",
    ):
        return await platform.client.execute_workflow(
            PatientWorkflow.run,
            Trial(job=job, **trial),
            id=queue,
            task_queue=queue,
            execution_timeout=timedelta(minutes=1),
        )


async def test_what_passes_is_tried_again_when_a_round_is_spent(platform: Platform) -> None:
    platform.steps.passing["probe_source"] = 7
    assert await _tried(platform, patience_ms=40_000) == "report.json"
    assert platform.steps.calls["probe_source"] == 8


async def test_what_does_not_pass_in_its_time_fails(platform: Platform) -> None:
    platform.steps.passing["probe_source"] = 1000
    with pytest.raises(WorkflowFailureError) as failed:
        await _tried(platform, patience_ms=150)
    assert isinstance(failed.value.cause, ActivityError)
    calls = platform.steps.calls["probe_source"]
    assert calls >= 6, "a round after the first, whatever held it up"
    assert calls % 3 == 0


async def test_what_cannot_pass_is_tried_once(platform: Platform) -> None:
    platform.steps.failures["probe_source"] = 1000
    with pytest.raises(WorkflowFailureError):
        await _tried(platform, patience_ms=40_000)
    assert platform.steps.calls["probe_source"] == 1


async def test_what_takes_its_whole_limit_would_again(platform: Platform) -> None:
    platform.steps.gates["probe_source"] = asyncio.Event()
    with pytest.raises(WorkflowFailureError):
        await _tried(platform, patience_ms=40_000, limit_ms=1500)
    assert platform.steps.calls["probe_source"] == 1


def test_every_step_has_rounds_for_hours() -> None:
    """The others are tried until a database or a mail server is back, or are what somebody waits for."""
    for step in (*steps.ALL, *other_steps.ALL):
        retries = step.preset.retries
        assert retries.maximum_attempts == 0 or retries.maximum_attempts >= 3
        if retries.maximum_attempts and step.preset not in (options.CHECK, options.PREVIEW):
            assert step.preset.patience is not None, step.activity
            assert step.preset.patience >= timedelta(hours=2), step.activity


def test_what_has_no_heartbeat_is_tried_again_after_its_whole_limit() -> None:
    """Its worker may have been killed."""
    presets = {name: each for name, each in vars(options).items() if isinstance(each, options.Preset)}
    assert presets["EMBED"].heartbeat is None
    for name, preset in presets.items():
        assert preset.heartbeat or not preset.retries.non_retryable_error_types, name
