"""Many decisions in one request: against as many bare updates side by side, and one after another; and what a single job
waits behind another organisation's batch.

`BATCH_JOBS` says how many are approved, `BATCH_BEHIND` how many a single job waits behind, and `BATCH_STEP_S` how long a
step of each takes; the aims are of 1,000 and of 2,000.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client
from temporalio.common import Priority
from temporalio.worker import Worker

from activities.batches.window import Window
from activities.errors import ClassifyErrors
from activities.storage import GoogleStorage
from schema.contracts.batches import BatchWork
from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import BatchAction, JobAction, JobStatus, Outcome, Step
from tests.benchmarks.conftest import Compare
from tests.fakes.catalog import CATALOG
from tests.fakes.steps import FakeSteps
from tests.fakes.workers import Workers
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import of
from tests.workflows.platform import Platform
from workers.groups import deciding
from workers.registry import POOLS, SANDBOX
from workflows import calls
from workflows.inbound import GuardMessages
from workflows.names import Queue

pytestmark = pytest.mark.bench
JOBS = int(os.environ.get("BATCH_JOBS", "20"))
BEHIND = int(os.environ.get("BATCH_BEHIND", "100"))
STEP_S = float(os.environ.get("BATCH_STEP_S", "0.5"))
AIM = 1.3
_SIDE_BY_SIDE = 32
"""As many as a batch has in flight."""
_ONE_BY_ONE = 200
"""Of which the time of all is reckoned: each takes as long as the others."""
_WINDOW = 10
"""Jobs of a batch that are at work at once, where it has a window: five seconds of work for one slot of 0.5 s a step."""


_TEXTS = RequestedOutputs()


async def _drafted(platform: Platform, count: int) -> list[UUID]:
    """Jobs whose workflows begin in source QC, with texts: quicker than by way of all steps."""
    slots = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def drafted() -> UUID:
        async with slots:
            return await platform.to_source_qc(_TEXTS)

    return await asyncio.gather(*(drafted() for _ in range(count)))


async def test_approvals_in_one_request(
    fake_workers: Workers,
    database: Database,
    object_store: GoogleStorage,
    temporal_client: Client,
    ratio: Compare,
) -> None:
    fake_workers.steps.begin_test()
    platform = Platform(temporal_client, database, object_store, fake_workers)
    case = of(platform)
    slots = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def approve(job_id: UUID) -> None:
        async with slots:
            await platform.decide(job_id, JobAction.APPROVE_SOURCE)

    bare = await _drafted(platform, JOBS)
    began = time.perf_counter()
    await asyncio.gather(*(approve(job_id) for job_id in bare))
    side_by_side = time.perf_counter() - began
    for job_id in bare:
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW, 600)
    one_by_one = await _drafted(platform, min(JOBS, _ONE_BY_ONE))
    began = time.perf_counter()
    for job_id in one_by_one:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    after_another = (time.perf_counter() - began) / len(one_by_one) * JOBS
    for job_id in one_by_one:
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW, 600)
    made = await _drafted(platform, JOBS)
    batch = await case.make(BatchWork(action=BatchAction.APPROVE), made)
    began = time.perf_counter()
    await case.start(batch)
    answered = time.perf_counter() - began
    state = await case.ended(batch)
    took = time.perf_counter() - began
    assert state.counts == {Outcome.DONE: JOBS}
    print(
        f"\n{JOBS} approvals: batch {took:.2f} s (answered after {answered * 1000:.0f} ms), "
        f"bare updates side by side {side_by_side:.2f} s, one after another {after_another:.2f} s, "
        f"as {len(one_by_one)} of them took"
    )
    ratio(f"{JOBS} approvals as a batch / bare updates side by side", took, side_by_side, "s", at_most=AIM)
    ratio(f"{JOBS} approvals as a batch / one after another", took, after_another, "s")


class _Slow(FakeSteps):
    """Listening takes so many seconds, on the one slot there is."""

    takes_s = 0.0

    async def _run(self, inputs: Any) -> None:
        await asyncio.sleep(self.takes_s)
        await super()._run(inputs)


@pytest.mark.parametrize("how", ["fairness and priority", "a window", "neither"])
async def test_a_single_job_beside_another_organisations_batch(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    ratio: Compare,
) -> None:
    """What somebody waits for whose job is to be transcribed again while a batch has many transcribed: with the keys of
    Temporal's fair queues; with the batch's window alone, as where the server has none; and with neither."""
    client = await own_namespace(temporal_client)
    if how != "fairness and priority":
        monkeypatch.setattr(calls, "priority_of", lambda job: Priority.default)
    slow = _Slow(database, object_store)
    listening = Worker(
        client,
        task_queue=Queue.TRANSCRIBE.value,
        activities=slow.activities(),
        workflow_runner=SANDBOX,
        max_concurrent_activities=1,
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        build_id="bench",
    )
    deciding_ones = Worker(
        client,
        task_queue=Queue.BATCHES.value,
        workflows=POOLS[Queue.BATCHES].workflows,
        workflow_runner=SANDBOX,
        activities=deciding(
            database, client, lambda: CATALOG, Window(_WINDOW if how == "a window" else None)
        ),
        interceptors=[ClassifyErrors(), GuardMessages()],
        build_id="bench",
    )
    without = [Queue.TRANSCRIBE, Queue.BATCHES]
    async with Workers(client, database, object_store, without) as workers, listening, deciding_ones:
        platform = Platform(client, database, object_store, workers)
        case = of(platform)
        theirs = await _drafted(platform, BEHIND)
        mine = await platform.to_source_qc()
        slow.takes_s = STEP_S

        async def heard_again() -> float:
            began = time.perf_counter()
            await platform.decide(mine, JobAction.REPROCESS, from_step=Step.TRANSCRIBE)
            await platform.until(mine, JobStatus.PENDING_QC, 3000)
            return time.perf_counter() - began

        alone = await heard_again()
        batch = await case.make(BatchWork(action=BatchAction.REPROCESS, from_step=Step.TRANSCRIBE), theirs)
        await case.start(batch)
        if how == "a window":
            await case.until(batch, _WINDOW)
        else:
            await case.ended(batch)
        waited = await heard_again()
        slow.takes_s = 0
        await case.ended(batch)
        for job_id in theirs:
            await platform.until(job_id, JobStatus.PENDING_QC, 600)
    steps = waited / STEP_S
    print(
        f"\n{how}: {waited:.1f} s behind {BEHIND} jobs of a batch, which is {steps:.0f} steps; {alone:.1f} s alone"
    )
    ratio(f"{how}: a job behind another organisation's {BEHIND} / alone", waited, alone)
