"""A batch: each job once, whatever happens to it and to those that do the work."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.worker import Worker

from activities.batches.window import Window
from activities.errors import ClassifyErrors
from activities.storage import GoogleStorage
from schema.contracts.batches import BatchFilter, BatchWork, OutputsChange
from schema.db import Database
from schema.enums import BatchAction, BatchStatus, JobStatus, Outcome, Role
from schema.tables import Job, JobEvent, Membership, User
from tests.factories import make_member
from tests.fakes.catalog import CATALOG
from tests.fakes.workers import Workers
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import Case, nobodys, of
from tests.workflows.platform import PLAIN, Platform, eventually
from tests.workflows.test_shown import details
from workers.groups import deciding
from workers.registry import POOLS, SANDBOX
from workflows import names
from workflows.inbound import GuardMessages
from workflows.names import Queue

APPROVE = BatchWork(action=BatchAction.APPROVE)
RETRY = BatchWork(action=BatchAction.RETRY)


@pytest.fixture
def case(platform: Platform) -> Case:
    return of(platform)


async def decided(platform: Platform, job_ids: list[UUID], event: str) -> Counter[UUID]:
    """How often each job's decision is in the log."""
    async with platform.database.begin() as session:
        found = await session.scalars(
            sa.select(col(JobEvent.job_id)).where(
                col(JobEvent.job_id).in_(job_ids), col(JobEvent.type) == event
            )
        )
        return Counter(found)


async def test_each_job_is_asked_once_over_several_runs(platform: Platform, case: Case) -> None:
    made = [await platform.to_source_qc() for _ in range(5)]
    batch = await case.make(APPROVE, [*made, *nobodys(4)])
    handle = await case.start(batch, piece=1, in_flight=2, pieces_a_run=4)
    first = await handle.describe()
    state = await case.ended(batch)
    assert state.counts == {Outcome.DONE: 5, Outcome.NOT_FOUND: 4}
    assert state.reasons == {"There is no such job among those that you see.": 4}
    assert (await handle.describe()).run_id != first.run_id, "it has continued as new"
    assert await decided(platform, made, "approve_source") == dict.fromkeys(made, 1)
    for job_id in made:
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
        assert (await platform.state(job_id)).batch_id == batch.id
    history = await handle.fetch_history()
    assert len(history.events) < 60
    told = await details(handle)
    assert told.startswith("**9 of 9** (completed)")
    assert "- 4: There is no such job among those that you see." in told


async def test_a_job_is_decided_whichever_run_its_row_tells_of(platform: Platform, case: Case) -> None:
    """One is in another run by now, and one in none."""
    made = [await platform.to_source_qc() for _ in range(3)]
    async with platform.database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == made[0]).values(run_id=str(uuid4())))
    await platform.job(made[1]).terminate()
    batch = await case.make(APPROVE, made)
    await case.start(batch)
    state = await case.ended(batch)
    assert state.counts == {Outcome.DONE: 3}
    for job_id in made:
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert await decided(platform, made, "approve_source") == dict.fromkeys(made, 1)


async def test_a_job_that_would_have_too_many_languages_stops_no_other(
    platform: Platform, case: Case
) -> None:
    full = PLAIN.model_copy(update={"languages": tuple(f"es-{number}" for number in range(100, 150))})
    made = [await platform.start(outputs) for outputs in (full, PLAIN)]
    work = BatchWork(action=BatchAction.CHANGE_OUTPUTS, outputs=OutputsChange(add_languages=("es",)))
    batch = await case.make(work, made)
    await case.start(batch)
    await case.ended(batch)
    refused, done = await case.items(batch)
    assert (refused.outcome, done.outcome) == (Outcome.REFUSED, Outcome.DONE)
    assert refused.reason == "With these the job would have 51 languages, and 50 are the most."


async def test_a_run_stays_small_however_many_jobs_there_are(case: Case) -> None:
    """Events are counted a piece: 10,000 jobs are 500 pieces, in four runs."""
    batch = await case.make(RETRY, nobodys(600))
    handle = await case.start(batch, piece=20, in_flight=4, pieces_a_run=150)
    state = await case.ended(batch)
    assert state.counts == {Outcome.NOT_FOUND: 600}
    events = len((await handle.fetch_history()).events)
    per_piece = events / 30
    print(f"\n{events} events of 30 pieces, {per_piece * 150:.0f} a run")
    assert per_piece * 150 < 10_000


async def test_a_pause_loses_and_repeats_nothing(case: Case) -> None:
    batch = await case.make(RETRY, nobodys(40))
    handle = await case.start(batch, piece=1, in_flight=1, pieces_a_run=7)
    await case.until(batch, 5)
    paused = await handle.execute_update(names.PAUSE, result_type=dict)
    assert paused["status"] == "paused"
    assert (await case.row(batch)).status is BatchStatus.PAUSED
    await asyncio.sleep(1)
    before = await case.settled(batch)
    await asyncio.sleep(1)
    assert await case.settled(batch) == before < 40
    await handle.signal(names.RESUME)
    state = await case.ended(batch)
    assert state.counts == {Outcome.NOT_FOUND: 40}


async def test_where_queues_are_not_fair_few_jobs_of_a_batch_are_at_work_at_once(
    temporal_client: Client, database: Database, object_store: GoogleStorage
) -> None:
    client = await own_namespace(temporal_client)
    narrow = Worker(
        client,
        task_queue=Queue.BATCHES.value,
        workflows=POOLS[Queue.BATCHES].workflows,
        workflow_runner=SANDBOX,
        activities=deciding(database, client, lambda: CATALOG, Window(2, timedelta(seconds=0.2))),
        interceptors=[ClassifyErrors(), GuardMessages()],
        build_id="tests",
    )
    async with Workers(client, database, object_store, without=[Queue.BATCHES]) as workers, narrow:
        platform = Platform(client, database, object_store, workers)
        case = of(platform)
        made = [await platform.to_source_qc() for _ in range(5)]
        listening = platform.steps.gates["transcribe_speech"] = asyncio.Event()
        again = BatchWork(action=BatchAction.REPROCESS, from_step="transcribe")
        batch = await case.make(again, made)
        handle = await case.start(batch)
        await eventually(lambda: says(platform, handle, "3 jobs wait"))
        assert await case.settled(batch) == 2
        listening.set()
        assert (await case.ended(batch)).counts == {Outcome.DONE: 5}
        for job_id in made:
            await platform.until(job_id, JobStatus.PENDING_QC)

        listening.clear()
        stopped = await case.make(again, made)
        handle = await case.start(stopped)
        await eventually(lambda: says(platform, handle, "3 jobs wait"))
        await handle.signal(names.CANCEL)
        state = await case.ended(stopped, BatchStatus.CANCELLED)
        assert state.counts == {Outcome.DONE: 2, Outcome.SKIPPED: 3}
        listening.set()
        for job_id in made:
            await platform.until(job_id, JobStatus.PENDING_QC)
    assert await decided(platform, made, "reprocess") >= Counter(made)


async def says(platform: Platform, handle: WorkflowHandle[Any, Any], words: str) -> bool:
    """Whether the piece that the batch waits for was told so."""
    return any(words in each for each in (await platform.pending(handle)).values())


async def test_a_cancelled_batch_says_of_the_rest_that_it_was_skipped(case: Case) -> None:
    batch = await case.make(RETRY, nobodys(30))
    handle = await case.start(batch, piece=1, in_flight=1)
    await case.until(batch, 3)
    await handle.signal(names.CANCEL)
    state = await case.ended(batch, BatchStatus.CANCELLED)
    assert state.counts[Outcome.SKIPPED] + state.counts[Outcome.NOT_FOUND] == 30
    kept = Counter(each.outcome for each in await case.items(batch))
    assert kept == state.counts


async def test_a_cancellation_in_temporal_is_one(case: Case) -> None:
    batch = await case.make(RETRY, nobodys(30))
    handle = await case.start(batch, piece=1, in_flight=1)
    await case.until(batch, 3)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    row = await case.row(batch)
    assert (row.status, row.finished_at is not None) == (BatchStatus.CANCELLED, True)
    assert await case.settled(batch) == 30


async def test_a_filter_is_of_what_its_owner_sees_when_it_runs(platform: Platform, case: Case) -> None:
    """Each job once, and none of another organisation, whoever asks."""
    platform.steps.failures["transcribe_speech"] = 3
    jobs = [await platform.start() for _ in range(3)]
    for job_id in jobs:
        await platform.until(job_id, JobStatus.FAILED)
    rows = [await platform.row(job_id) for job_id in jobs]
    owner = await make_member(platform.database, rows[1].org_id, Role.CLIENT)
    async with platform.database.begin() as session:
        session.add(Membership(org_id=rows[0].org_id, user_id=owner, role=Role.PRODUCTION))
    wanted = BatchFilter(status=(JobStatus.FAILED,), failed_step="transcribe")
    batch = await case.make(RETRY, filter=wanted, owner_id=owner)
    await case.start(batch)
    await case.ended(batch)
    assert [each.job_id for each in await case.items(batch)] == [jobs[0]]
    again = await case.make(RETRY, filter=wanted, owner_id=owner)
    async with platform.database.begin() as session:
        await session.execute(sa.update(User).where(col(User.id) == owner).values(disabled_at=sa.func.now()))
    handle = await case.start(again)
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert "may not do this any more" in str(failed.value.cause.cause)
    row = await case.row(again)
    assert (row.status, row.finished_at is not None) == (BatchStatus.FAILED, True)
    assert not await case.items(again)


async def test_what_cannot_run_is_an_outcome_in_a_sentence(platform: Platform, case: Case) -> None:
    at_qc, made = await platform.to_source_qc(), await platform.to_source_qc()
    outsider = await make_member(platform.database, (await platform.row(at_qc)).org_id, Role.REVIEWER)
    async with platform.database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == made).values(creator_id=outsider))
    staff = await case.make(RETRY, [at_qc])
    await case.start(staff)
    assert (await case.ended(staff)).reasons == {"A job that is pending_qc does not allow retry.": 1}
    complete = await case.make(BatchWork(action=BatchAction.COMPLETE), [at_qc], owner_id=outsider)
    await case.start(complete)
    state = await case.ended(complete)
    assert state.counts in ({Outcome.NOT_FOUND: 1}, {Outcome.REFUSED: 1})


async def test_work_of_a_batch_gives_way_until_a_person_decides(platform: Platform, case: Case) -> None:
    job_id = await platform.to_source_qc(PLAIN)
    batch = await case.make(BatchWork(action=BatchAction.REPROCESS, from_step="transcribe"), [job_id])
    await case.start(batch)
    await case.ended(batch)
    await platform.until(job_id, JobStatus.PENDING_QC)
    priorities = await _priorities(platform, job_id)
    assert priorities[-1] == 4
    described = await platform.job(job_id).describe()
    assert described.typed_search_attributes[names.BATCH_ID] == str(batch.id)
    await platform.decide(job_id, "reprocess", from_step="transcribe")
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert (await _priorities(platform, job_id))[-1] == 2
    described = await platform.job(job_id).describe()
    assert names.BATCH_ID not in described.typed_search_attributes


async def _priorities(platform: Platform, job_id: UUID) -> list[int]:
    history = await platform.job(job_id).fetch_history()
    return [
        event.activity_task_scheduled_event_attributes.priority.priority_key
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
        and event.activity_task_scheduled_event_attributes.activity_type.name == "transcribe_speech"
    ]
