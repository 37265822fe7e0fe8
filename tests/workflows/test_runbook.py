"""The runbook of deploy/README.md: each entry does what it says, with the very commands that stand there."""

from __future__ import annotations

import asyncio
import re
import shlex
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from deploy.local.temporal import ensure
from schema.contracts.job import JobInput
from schema.enums import JobAction, JobStatus, LanguageStage, Sweep
from tests.namespaces import own_namespace
from tests.workflows import staff
from tests.workflows.platform import PLAIN, Platform, eventually, is_unknown
from workflows import names, schedules

RUNBOOK = (Path(__file__).resolve().parents[2] / "deploy" / "README.md").read_text().split("## Runbook")[1]


def commands(word: str) -> list[str]:
    """The commands of the runbook in which `word` occurs."""
    blocks = re.findall(r"```\n(.*?)```", RUNBOOK, re.DOTALL)
    found = [line for block in blocks for line in block.splitlines() if word in line]
    assert found, word
    return found


async def run(client: Client, command: str, **values: object) -> str:
    """Runs a command of the runbook against the server of `client`, with N and {id} as they are."""
    for name, value in values.items():
        command = command.replace(
            "{id}" if name == "id" else f" {name}", f"{'' if name == 'id' else ' '}{value}"
        )
    program, *arguments = shlex.split(command)
    assert program == "temporal"
    server = ["--address", client.service_client.config.target_host, "--namespace", client.namespace]
    process = await asyncio.create_subprocess_exec(
        str(ensure()), *arguments, *server, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def last_task_before(handle: WorkflowHandle, which: staff.Which) -> int:
    before = 0
    async for event in handle.fetch_history_events():
        if which(event):
            return before
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            before = event.event_id
    raise AssertionError("there is no such event")


async def test_a_reset_decides_anew(platform: Platform) -> None:
    """And what was decided by signal later is not decided again."""
    job_id = await platform.to_source_qc()
    await platform.job(job_id).signal(names.DECIDE, {"action": "reject", "reason": "No sound"})
    await platform.until(job_id, JobStatus.REJECTED)
    event = await last_task_before(platform.job(job_id), staff.signalled(names.DECIDE))
    (reset,) = commands("workflow reset")
    await run(platform.client, reset, id=job_id, N=event)

    async def is_back() -> bool:
        await platform.sweep()
        return (await platform.row(job_id)).status is JobStatus.PENDING_QC

    await eventually(is_back)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


@workflow.defn(name=names.JOB_WORKFLOW, sandboxed=False)
class WithAnError:
    """A build that cannot go on."""

    @workflow.run
    async def run(self, start: JobInput) -> None:
        raise RuntimeError("a build with an error")


async def test_a_wedged_task_goes_on_with_a_build_that_is_mended(platform: Platform) -> None:
    address = platform.client.service_client.config.target_host
    other = await Client.connect(address, data_converter=platform.client.data_converter)
    async with (
        platform.workers.nobody_decides(),
        Worker(other, task_queue=names.Queue.JOBS.value, workflows=[WithAnError], build_id="wrong"),
    ):
        job_id = await platform.start()

        async def fails() -> bool:
            described = await platform.job(job_id).describe()
            return described.raw_description.pending_workflow_task.attempt >= 3

        await eventually(fails)
    await platform.until_row(job_id, lambda row: row.status is JobStatus.PENDING_QC, seconds=90)


async def test_a_step_that_was_completed_by_hand_wrongly_fails_and_is_retried(platform: Platform) -> None:
    platform.steps.gates["transcribe_speech"] = asyncio.Event()
    job_id = await platform.start()
    await eventually(lambda: platform.steps.calls["transcribe_speech"] == 1)
    pending = (await platform.job(job_id).describe()).raw_description.pending_activities
    (number,) = [each.activity_id for each in pending if each.activity_type.name == "transcribe_speech"]
    (complete,) = commands("activity complete")
    await run(platform.client, complete, id=job_id, N=number)
    row = await platform.until(job_id, JobStatus.FAILED)
    assert row.failure is not None
    assert (row.failure["code"], row.failure["step"]) == ("result", "transcribe")
    platform.steps.gates["transcribe_speech"].set()
    (retry,) = [each for each in commands("--name retry") if each.startswith("temporal")]
    await run(platform.client, retry.split("  ")[0], id=job_id)
    await platform.until(job_id, JobStatus.PENDING_QC)


async def test_a_temporal_that_has_lost_its_state_is_filled_again(platform: Platform) -> None:
    """Jobs that wait for a decision too, and languages."""
    waiting = await platform.to_source_qc()
    in_review = await platform.to_final_review()
    await platform.lose(waiting)
    await platform.lose(in_review, "en", "es")
    for job_id in (waiting, in_review):
        await platform.be_silent(job_id, timedelta(minutes=11))
    await platform.start_orphans()
    await platform.start_orphans()
    for handle in (platform.job(waiting), platform.job(in_review), platform.language(in_review, "es")):
        assert not await is_unknown(handle)
    assert (await platform.language_state(in_review, "es")).stage is LanguageStage.READY
    await platform.decide(in_review, JobAction.COMPLETE)
    await platform.decide(waiting, JobAction.APPROVE_SOURCE)
    await platform.until(waiting, JobStatus.PENDING_FINAL_REVIEW)


async def test_a_paused_sweep_stays_paused(temporal_client: Client) -> None:
    client = await own_namespace(temporal_client)
    await schedules.ensure(client)
    handle = client.get_schedule_handle(schedules.SCHEDULES[Sweep.REPAIR_ROWS])
    pause, unpause = commands("schedule toggle")
    await run(client, pause)
    await schedules.ensure(client)
    state = (await handle.describe()).schedule.state
    assert (state.paused, state.note) == (True, "the database is being moved")
    await run(client, unpause)
    assert not (await handle.describe()).schedule.state.paused


async def test_a_decision_from_the_command_line(platform: Platform) -> None:
    job_id = await platform.to_source_qc(PLAIN)
    (decide,) = commands("update execute")
    await run(platform.client, decide, id=job_id)
    row = await platform.until(job_id, JobStatus.REJECTED)
    assert row.reason == "No sound"


@pytest.mark.parametrize("link", re.findall(r"\((http\S+query=\S+)\) \| (.*) \|", RUNBOOK))
async def test_a_saved_view_asks_what_stands_beside_it(platform: Platform, link: tuple[str, str]) -> None:
    address, shown = link
    query = unquote(address.split("query=")[1])
    assert query == shown.strip("`")
    await platform.client.count_workflows(query)


def test_every_schedule_is_named() -> None:
    for each in schedules.SCHEDULES.values():
        assert f"`{each}`" in RUNBOOK
