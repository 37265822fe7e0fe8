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
from schema.contracts.batches import BatchWork, DecideItems, OutputsChange
from schema.contracts.job import Decided, JobDecision, JobState
from schema.contracts.steps import JobRef
from schema.enums import BatchAction, JobStatus, Outcome, Step
from schema.tables import Job, now
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
