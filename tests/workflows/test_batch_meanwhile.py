"""Jobs of a batch of which something is not as the batch expects."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.batches import deciding
from schema.contracts.batches import BatchFilter, BatchWork, DecideItems, OutputsChange
from schema.contracts.job import Decided, JobDecision, JobState
from schema.contracts.steps import JobRef
from schema.enums import BatchAction, JobStatus, Outcome, Step
from schema.queries import batches
from schema.tables import BatchItem, Job, now
from tests.factories import make_job
from tests.fakes.catalog import CATALOG
from tests.workflows.batch_kit import Case, of
from tests.workflows.platform import PLAIN, Platform
from workflows.updates import decide_job

APPROVE = BatchWork(action=BatchAction.APPROVE)
KEPT = JobState(status=JobStatus.COMPLETED, revision=1, outputs=PLAIN).model_dump(mode="json")


@pytest.fixture
def case(platform: Platform) -> Case:
    return of(platform)


async def test_work_that_is_over_is_not_begun_again(platform: Platform, case: Case) -> None:
    """Its video is not kept any longer: it would fail at once, and be completed no more."""
    gone = {"source_gone_at": now()}, {"texts_gone_at": now()}, {"deleted_at": now()}
    made = [
        await make_job(platform.database, PLAIN, status=JobStatus.COMPLETED, state=KEPT, **each)
        for each in gone
    ]
    batch = await case.make(
        BatchWork(action=BatchAction.REPROCESS, from_step=Step.PROBE), [job.id for job in made]
    )
    await case.start(batch)
    await case.ended(batch)
    found = {item.job_id: (item.outcome, item.reason) for item in await case.items(batch)}
    for job in made[:2]:
        outcome, reason = found[job.id]
        assert outcome is Outcome.REFUSED
        assert reason is not None
        assert reason.endswith("as its client wants it: its work is over.")
        assert (await platform.row(job.id)).status is JobStatus.COMPLETED
    assert found[made[2].id][0] is Outcome.NOT_FOUND


async def test_a_job_whose_row_cannot_be_read_holds_up_no_other(platform: Platform, case: Case) -> None:
    broken = await make_job(platform.database, PLAIN, status=JobStatus.COMPLETED, state={"revision": 1})
    good = await platform.to_source_qc()
    batch = await case.make(APPROVE, [broken.id, good])
    activities = deciding.DecidingActivities(platform.database, platform.client, decide_job, lambda: CATALOG)
    asked = DecideItems(batch_id=batch.id, first=1, last=2)
    first = await ActivityEnvironment().run(activities.decide_items, asked)
    assert (first.counts, first.waiting) == ({Outcome.DONE: 1}, 1)
    last = asked.model_copy(update={"again": True, "give_up": True})
    ended = await ActivityEnvironment().run(activities.decide_items, last)
    assert (ended.counts, ended.waiting) == ({Outcome.DONE: 1, Outcome.FAILED: 1}, 0)
    assert list(ended.reasons) == ["It failed unexpectedly: see the worker's log."]


async def test_languages_that_are_asked_for_meanwhile_stay(
    platform: Platform, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a piece, while another of its jobs is decided about."""
    monkeypatch.setattr(deciding, "_AT_ONCE", 1)
    made = [
        await make_job(platform.database, PLAIN, status=JobStatus.COMPLETED, state=KEPT) for _ in range(2)
    ]
    work = BatchWork(action=BatchAction.CHANGE_OUTPUTS, outputs=OutputsChange(add_languages=("de",)))
    batch = await case.make(work, [job.id for job in made])
    asked: dict[UUID, JobDecision] = {}

    async def decide(client: Client, job: JobRef, decision: JobDecision, *_: Any, **__: Any) -> Decided:
        asked[job.job_id] = decision
        async with platform.database.begin() as session:
            spanish = {
                **KEPT,
                "outputs": PLAIN.model_copy(update={"languages": ("es",)}).model_dump(mode="json"),
            }
            await session.execute(sa.update(Job).where(col(Job.id) == made[1].id).values(state=spanish))
        return Decided(status=JobStatus.COMPLETED, revision=1)

    activities = deciding.DecidingActivities(platform.database, platform.client, decide, lambda: CATALOG)
    piece = DecideItems(batch_id=batch.id, first=1, last=2)
    done = await ActivityEnvironment().run(activities.decide_items, piece)
    assert done.counts == {Outcome.DONE: 2}, done.reasons
    languages = [each.outputs and each.outputs.languages for each in (asked[job.id] for job in made)]
    assert languages == [("de",), ("es", "de")]


async def test_a_job_that_has_left_the_filter_when_its_turn_comes_is_left_alone(
    platform: Platform, case: Case
) -> None:
    """Somebody has retried it, and people work on it by now: it would begin anew. What the batch itself has decided is
    decided, though that takes the job out of the filter."""
    platform.steps.failures["transcribe_speech"] = 2
    made = [await platform.start() for _ in range(2)]
    for job_id in made:
        await platform.until(job_id, JobStatus.FAILED)
    wanted = BatchFilter(status=(JobStatus.FAILED,), failed_step=Step.TRANSCRIBE)
    work = BatchWork(action=BatchAction.REPROCESS, from_step=Step.PROBE)
    batch = await case.make(work, filter=wanted)
    async with platform.database.begin() as session:
        held = await batches.load(session, batch.id, lock=True)
        assert held is not None
        session.add_all(
            BatchItem(batch_id=batch.id, job_id=job_id, position=at) for at, job_id in enumerate(made, 1)
        )
        held.total = len(made)
    await platform.decide(made[1], "retry")
    await platform.until(made[1], JobStatus.PENDING_QC)
    activities = deciding.DecidingActivities(platform.database, platform.client, decide_job, lambda: CATALOG)
    piece = DecideItems(batch_id=batch.id, first=1, last=2)
    first = await ActivityEnvironment().run(activities.decide_items, piece)
    assert first.counts == {Outcome.DONE: 1, Outcome.REFUSED: 1}
    assert list(first.reasons) == ["It is not in the filter any more: it has changed since it was chosen."]
    assert (await platform.row(made[1])).status is JobStatus.PENDING_QC
    async with (
        platform.database.begin() as session
    ):  # as of a worker that died before it wrote what became of them
        await session.execute(
            sa.update(BatchItem)
            .where(col(BatchItem.batch_id) == batch.id, col(BatchItem.job_id) == made[0])
            .values(outcome=None)
        )
    await platform.until(made[0], JobStatus.PENDING_QC)
    again = piece.model_copy(update={"again": True})
    assert (await ActivityEnvironment().run(activities.decide_items, again)).counts == first.counts
