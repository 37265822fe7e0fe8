"""Runs a transfer in a thread. Its progress reaches the event loop, and a cancel reaches the thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from schema.object_store import Progress

T = TypeVar("T")


class Stopped(Exception):
    """The task that requested the transfer was cancelled."""


class Transfer:
    """The state of the thread. `total` is in bytes, or None if it is unknown."""

    def __init__(self, loop: asyncio.AbstractEventLoop, progress: Progress | None, total: int | None) -> None:
        self._loop = loop
        self._progress = progress
        self._total = total
        self.stopped = threading.Event()

    def advance(self, done: int) -> None:
        """Reports `done` bytes. Raises `Stopped` if the transfer is to end."""
        if self.stopped.is_set():
            raise Stopped
        if self._progress is not None:
            self._loop.call_soon_threadsafe(self._progress, done, self._total)


async def run(work: Callable[[Transfer], T], progress: Progress | None, total: int | None) -> T:
    """Runs `work` in a thread, with the caller's context (so that a progress can heartbeat). A cancel is passed on
    at the transfer's next piece, and not waited for."""
    transfer = Transfer(asyncio.get_running_loop(), progress, total)
    try:
        return await asyncio.to_thread(work, transfer)
    except asyncio.CancelledError:
        transfer.stopped.set()
        raise
