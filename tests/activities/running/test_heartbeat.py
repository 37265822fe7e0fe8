"""Heartbeats and progress go each their own way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
from temporalio.testing import ActivityEnvironment

from activities.running import heartbeat
from activities.running.heartbeat import beating
from activities.step import Kit
from schema.db import Database
from schema.enums import Step
from schema.queries import events
from tests.factories import settings_for


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
        async with asyncio.timeout(120):
            while details not in self.beats:
                self.beaten.clear()
                await self.beaten.wait()


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[list[events.Progress]]:
    """The progress that is told while the block runs."""
    told: list[events.Progress] = []
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.add_listener(
            events.PROGRESS_CHANNEL,
            lambda *given: told.append(events.Progress.model_validate_json(given[-1])),
        )
        yield told
    finally:
        await connection.close()


async def test_progress_reaches_the_heartbeat_and_those_who_watch(kit: Kit, clean_database: str) -> None:
    job, watched = uuid4(), Watched()

    async def work() -> None:
        async with beating(kit.database, job, Step.MUX, "es") as progress:
            progress(0.25, "a quarter")
            await watched.until(0.25, "a quarter")
            async with asyncio.timeout(120):
                while not told:
                    await asyncio.sleep(0.02)

    async with listening(clean_database) as told:
        await watched.run(work)
    assert [(each.job_id, each.language, each.data) for each in told] == [
        (job, "es", {"step": "mux", "fraction": 0.25, "words": "a quarter"})
    ]
    async with kit.database.begin() as session:
        assert await events.newest(session) == 0, "the log is for what is resumed"


async def test_progress_that_cannot_be_shown_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    gone, watched = uuid4(), Watched()
    nowhere = Database.connect(settings_for("postgresql+asyncpg://nobody:x@127.0.0.1:1/none"))

    async def work() -> str:
        async with beating(nowhere, gone, Step.PROBE) as progress:
            progress(0.5, "half")
            async with asyncio.timeout(120):
                while str(gone) not in caplog.text:
                    await asyncio.sleep(0.02)
            progress(0.75, "more")
            await watched.until(0.75, "more")
            return "done"

    assert await watched.run(work) == "done"


async def test_a_database_that_hangs_stops_no_heartbeat_and_no_end(clean_database: str) -> None:
    database = Database.connect(settings_for(clean_database, database_pool_size=1))
    watched = Watched()

    async def work() -> None:
        async with beating(database, uuid4(), Step.PROBE) as progress:
            progress(0.5, "half")
            await watched.until(0.5, "half")
            await asyncio.sleep(0.1)  # it waits for a connection by now
            progress(0.75, "more")
            await watched.until(0.75, "more")

    async with database.begin() as one, database.begin() as other:
        for session in (one, other):
            await session.connection()
        async with asyncio.timeout(20):  # less than each write would wait for a connection, twice
            await watched.run(work)
    await database.close()
