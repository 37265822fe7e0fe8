"""Heartbeats, so that a cancel or the death of a worker is noticed within seconds, and progress for people to see."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from temporalio import activity

from activities.ports import Progress
from schema.db import Database
from schema.enums import Step
from schema.queries import events

_BEAT_S = 1.0
_SHOWN_S = 1.0
_PARTING_S = 1.0
"""How long an event that is being written may delay the end. A cancel takes effect within 2 s."""

_WORDS = 300
"""Characters, because a notification is short."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def beating(
    database: Database, job_id: UUID, step: Step, language: str | None = None
) -> AsyncIterator[Progress]:
    """Heartbeat every second while the block runs; what it yields takes progress, and shows it at most once a
    second to those who watch the job. A database that hangs or refuses stops neither the heartbeats nor the work."""
    latest: tuple[float, str] = (0.0, "")

    def progress(fraction: float, words: str = "") -> None:
        nonlocal latest
        latest = (min(max(fraction, 0.0), 1.0), words)

    async def beat() -> None:
        while True:
            activity.heartbeat(*latest)
            await asyncio.sleep(_BEAT_S)

    async def show() -> None:
        shown: tuple[float, str] = (0.0, "")
        while True:
            if latest != shown:
                shown = latest
                await _show(database, job_id, step, language, shown)
            await asyncio.sleep(_SHOWN_S)

    tasks = [asyncio.create_task(each) for each in (beat(), show())]
    try:
        yield progress
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_PARTING_S)


async def _show(
    database: Database, job_id: UUID, step: Step, language: str | None, latest: tuple[float, str]
) -> None:
    data = {"step": step.value, "fraction": round(latest[0], 3), "words": latest[1][:_WORDS]}
    try:
        async with database.begin() as session:
            await events.show_progress(session, job_id, language, data)
    except Exception:  # progress is not worth a failure: the database may be unavailable
        _log.warning("the progress of job %s could not be shown", job_id, exc_info=True)
