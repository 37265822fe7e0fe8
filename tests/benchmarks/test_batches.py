"""Many decisions in one request: against as many bare updates side by side, and one after another; and what a single job
waits behind another organisation's batch.

`BATCH_JOBS` says how many are approved, `BATCH_BEHIND` how many a single job waits behind; the aims are of 1,000 and of
2,000.
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

from activities.storage import GoogleStorage
from schema.contracts.batches import BatchWork
from schema.db import Database
from schema.enums import BatchAction, JobAction, JobStatus, Outcome, Step
from tests.benchmarks.conftest import Compare
from tests.fakes.steps import FakeSteps
from tests.fakes.workers import Workers
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import of
from tests.workflows.platform import Platform
from workers.registry import SANDBOX
from workflows import calls
from workflows.names import Queue

pytestmark = pytest.mark.bench
JOBS = int(os.environ.get("BATCH_JOBS", "20"))
BEHIND = int(os.environ.get("BATCH_BEHIND", "20"))
AIM = 1.3
_SIDE_BY_SIDE = 32
"""As many as a batch has in flight."""
_PIECE = 20
_STEP_S = 0.05


async def _at_qc(platform: Platform, count: int) -> list[UUID]:
    made = [await platform.start() for _ in range(count)]
    for job_id in made:
        await platform.until(job_id, JobStatus.PENDING_QC, 600)
    return made


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

    bare = await _at_qc(platform, JOBS)
    began = time.perf_counter()
    await asyncio.gather(*(approve(job_id) for job_id in bare))
    side_by_side = time.perf_counter() - began
    for job_id in bare:
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW, 600)
    one_by_one = await _at_qc(platform, JOBS)
    began = time.perf_counter()
    for job_id in one_by_one:
        await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    after_another = time.perf_counter() - began
    for job_id in one_by_one:
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW, 600)
    made = await _at_qc(platform, JOBS)
    batch = await case.make(BatchWork(action=BatchAction.APPROVE), made)
    began = time.perf_counter()
    await case.start(batch)
    answered = time.perf_counter() - began
    state = await case.ended(batch)
    took = time.perf_counter() - began
    assert state.counts == {Outcome.DONE: JOBS}
    print(
        f"\n{JOBS} approvals: batch {took:.2f} s (answered after {answered * 1000:.0f} ms), "
        f"bare updates side by side {side_by_side:.2f} s, one after another {after_another:.2f} s"
    )
    ratio(f"{JOBS} approvals as a batch", took, side_by_side, "s", at_most=AIM)


class _Slow(FakeSteps):
    """Listening takes a moment, on the one slot there is."""

    async def _run(self, inputs: Any) -> None:
        await asyncio.sleep(_STEP_S)
        await super()._run(inputs)


@pytest.mark.parametrize(
    ("keys", "window"),
    [(True, False), (False, True), (False, False)],
    ids=["priorities and fairness", "the window alone", "neither"],
)
async def test_a_single_job_beside_another_organisations_batch(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    keys: bool,
    window: bool,
) -> None:
    """What somebody waits for whose job is to be transcribed while a batch has many transcribed again: they ask when the
    whole batch waits to be heard, or with `window` as soon as its first piece does."""
    client = await own_namespace(temporal_client)
    if not keys:
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
    async with (
        Workers(client, database, object_store, without=[Queue.TRANSCRIBE]) as workers,
        listening,
    ):
        platform = Platform(client, database, object_store, workers)
        case = of(platform)
        theirs = await _at_qc(platform, BEHIND)
        mine = await platform.to_source_qc()

        async def heard_again() -> float:
            began = time.perf_counter()
            await platform.decide(mine, JobAction.REPROCESS, from_step=Step.TRANSCRIBE)
            await platform.until(mine, JobStatus.PENDING_QC, 600)
            return time.perf_counter() - began

        alone = await heard_again()
        work = BatchWork(action=BatchAction.REPROCESS, from_step=Step.TRANSCRIBE)
        batch = await case.make(work, theirs)
        await case.start(batch)
        if window:
            await case.until(batch, min(_PIECE, BEHIND))
        else:
            await case.ended(batch)
        waited = await heard_again()
        said = request.node.callspec.id
        print(f"\n{said}: {waited:.2f} s behind {BEHIND} jobs of a batch, {alone:.2f} s alone")
        await case.ended(batch)
        for job_id in theirs:
            await platform.until(job_id, JobStatus.PENDING_QC, 600)
