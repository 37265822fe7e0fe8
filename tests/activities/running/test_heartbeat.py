"""Heartbeats and progress go each their own way."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.running import heartbeat
from activities.running.heartbeat import beating
from activities.step import Kit
from schema.contracts.outputs import RequestedOutputs
from schema.enums import Step
from schema.queries import events
from schema.tables import Job, JobEvent
from tests.factories import make_job


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_BEAT_S", "_SHOWN_S"):
        monkeypatch.setattr(heartbeat, name, 0.02)


class Watched(ActivityEnvironment):
    """Notes its heartbeats, and sets `beaten` at each."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: list[tuple[object, ...]] = []
        self.beaten = asyncio.Event()
        self.on_heartbeat = self._note

    def _note(self, *details: object) -> None:
        self.beats.append(details)
        self.beaten.set()

    async def until(self, *details: object) -> None:
        """Wait for a heartbeat with these details."""
        async with asyncio.timeout(20):
            while details not in self.beats:
                self.beaten.clear()
                await self.beaten.wait()


async def progress_events(kit: Kit, job: Job) -> list[dict[str, object]]:
    query = sa.select(JobEvent).where(col(JobEvent.job_id) == job.id, col(JobEvent.type) == "progress")
    async with kit.database.begin() as session:
        return [event.data for event in await session.scalars(query.order_by(col(JobEvent.id)))]


async def test_progress_reaches_the_heartbeat_and_those_who_watch(kit: Kit) -> None:
    job, watched = await make_job(kit.database, RequestedOutputs()), Watched()

    async def work() -> None:
        async with beating(kit.database, job.org_id, job.id, Step.PROBE) as progress:
            progress(0.25, "a quarter")
            await watched.until(0.25, "a quarter")
            async with asyncio.timeout(20):
                while not await progress_events(kit, job):
                    await asyncio.sleep(0.02)

    await watched.run(work)
    assert await progress_events(kit, job) == [{"step": "probe", "fraction": 0.25, "words": "a quarter"}]


async def test_progress_that_cannot_be_shown_fails_nothing(
    kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    gone, watched = uuid4(), Watched()

    async def work() -> str:
        async with beating(kit.database, uuid4(), gone, Step.PROBE) as progress:
            progress(0.5, "half")
            async with asyncio.timeout(20):
                while str(gone) not in caplog.text:
                    await asyncio.sleep(0.02)
            progress(0.75, "more")
            await watched.until(0.75, "more")
            return "done"

    assert await watched.run(work) == "done"


async def test_a_database_that_hangs_stops_no_heartbeat_and_no_end(kit: Kit) -> None:
    job, watched = await make_job(kit.database, RequestedOutputs()), Watched()

    async def work() -> None:
        async with beating(kit.database, job.org_id, job.id, Step.PROBE) as progress:
            progress(0.5, "half")
            await watched.until(0.5, "half")
            await asyncio.sleep(0.1)  # the event waits for the lock by now
            progress(0.75, "more")
            await watched.until(0.75, "more")

    async with kit.database.begin() as session:
        # Its lock is held until the transaction ends.
        await events.record(session, job_id=job.id, org_id=job.org_id, type="other")
        async with asyncio.timeout(20):
            await watched.run(work)
