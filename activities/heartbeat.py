"""Heartbeats, so that a cancel or the death of a worker is noticed within seconds, and progress for people to see."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from temporalio import activity

from activities.ports import Progress
from schema.db import Database
from schema.enums import Step
from schema.errors import Unavailable
from schema.queries.projection import record_event
from schema.tables import JobEvent, now

_BEAT_S = 1.0
_SHOWN_S = 1.0


@asynccontextmanager
async def beating(
    database: Database | None, org_id: UUID, job_id: UUID, step: Step, language: str | None = None
) -> AsyncIterator[Progress]:
    """Heartbeat every second while the block runs; what it yields takes progress, and shows it at most once a
    second to those who watch the job."""
    latest: tuple[float, str] = (0.0, "")
    done = asyncio.Event()

    def progress(fraction: float, words: str = "") -> None:
        nonlocal latest
        latest = (min(max(fraction, 0.0), 1.0), words)

    async def beat() -> None:
        shown: tuple[float, str] = (0.0, "")
        beaten = 0.0
        while not done.is_set():
            if time.monotonic() - beaten >= _BEAT_S:
                activity.heartbeat(latest[0], latest[1])
                beaten = time.monotonic()
            if database is not None and latest != shown:
                shown = latest
                await _show(database, org_id, job_id, step, language, shown)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _SHOWN_S)

    task = asyncio.create_task(beat())
    try:
        yield progress
    finally:
        done.set()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _show(
    database: Database,
    org_id: UUID,
    job_id: UUID,
    step: Step,
    language: str | None,
    latest: tuple[float, str],
) -> None:
    data = {"step": step.value, "fraction": round(latest[0], 3), "words": latest[1]}
    event = JobEvent(job_id=job_id, org_id=org_id, type="progress", language=language, data=data, at=now())
    with contextlib.suppress(Unavailable):  # progress is worth no failure
        async with database.begin() as session:
            await record_event(session, event)
