"""A child process that stays, with the model it has loaded, and answers one call at a time.

`run_in_child` starts a process a call; where loading costs as much as the work (a speech model, a voice), that
would double it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from activities.running.child import outcome
from activities.running.lifeline import die_with_parent
from schema.errors import ProviderFailed

T = TypeVar("T")

_KEPT_S = 120.0
"""A model that nobody asked anything for so long gives its memory back."""

_context = multiprocessing.get_context("spawn")


def _serve(pipe: Connection, parent: int, niceness: int) -> None:
    die_with_parent(parent)
    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    while True:
        try:
            work, args = pipe.recv()
        except EOFError:
            return
        pipe.send(outcome(work, *args))


class Resident:
    """One process, started by the first call, and again by the next one after it died or was killed."""

    def __init__(self, *, niceness: int = 0) -> None:
        """`niceness` as of `nice(2)`: how far behind other processes it stands where cores are short."""
        self._niceness = niceness
        self._turn = asyncio.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    async def call(self, work: Callable[..., T], *args: Any, timeout_s: float) -> T:
        """Return `work(*args)`, computed in the process. Calls wait for each other.

        `work` is a module's top-level function; it keeps what it has loaded in its module.

        Raises:
            PlatformError: as the function raised it.
            ProviderFailed: the process died, or did not answer in time; another attempt may do better.
            asyncio.CancelledError: after the process was killed.
        """
        async with self._turn:
            pipe = self._pipe if self._pipe and self._process and self._process.is_alive() else self._start()
            answered = False
            try:
                pipe.send((work, args))
                async with asyncio.timeout(timeout_s):
                    await _readable(pipe)
                kind, value = pipe.recv()
                answered = True
            except TimeoutError as error:
                raise ProviderFailed(
                    f"{work.__name__} took over {timeout_s:.0f} s.", retryable=True
                ) from error
            except (EOFError, OSError) as error:
                raise ProviderFailed(f"{work.__name__} died.", retryable=True) from error
            finally:
                if not answered:
                    self.close()
        if kind == "error":
            raise value
        return value  # type: ignore[no-any-return]

    def _start(self) -> Connection:
        self.close()
        self._pipe, theirs = _context.Pipe()
        self._process = _context.Process(
            target=_serve, args=(theirs, os.getpid(), self._niceness), daemon=True
        )
        self._process.start()
        theirs.close()
        return self._pipe

    def close(self) -> None:
        """End the process. A later call starts another."""
        if self._process:
            self._process.kill()
            self._process.join()
        if self._pipe:
            self._pipe.close()
        self._process = self._pipe = None


class Residents:
    """Processes that each serve one work at a time, and stay for a while when it is done: the next work finds the model
    loaded. As many as there are works at once."""

    def __init__(self, *, niceness: int = 0, kept_s: float = _KEPT_S) -> None:
        self._niceness = niceness
        self._kept_s = kept_s
        self._free: list[Resident] = []
        self._endings: dict[Resident, asyncio.TimerHandle] = {}

    @contextmanager
    def one(self) -> Iterator[Resident]:
        """One for this work alone, the last that was used where several are free."""
        if self._free:
            resident = self._free.pop()
            self._endings.pop(resident).cancel()
        else:
            resident = Resident(niceness=self._niceness)
        try:
            yield resident
        finally:
            self._free.append(resident)
            loop = asyncio.get_running_loop()
            self._endings[resident] = loop.call_later(self._kept_s, self._end, resident)

    def _end(self, resident: Resident) -> None:
        self._free.remove(resident)
        self._endings.pop(resident).cancel()
        resident.close()

    def close(self) -> None:
        """End those that are free."""
        for resident in [*self._free]:
            self._end(resident)


async def _readable(pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(pipe.fileno(), wake)
    try:
        await ready
    finally:
        loop.remove_reader(pipe.fileno())
