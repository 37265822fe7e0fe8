"""CPU work in a child process, one a call: a cancel kills it, and a crash of a codec does not take the worker along.

The function must be importable (a module's top level), its arguments and result picklable. It may take a keyword
`progress`, which reaches the caller's.

On Linux children are forked from a process that has no threads (a fork of one with threads may hang) and has imported
what `make_ready` was told of, or else what the first call needs, so that a child starts in 5 ms and not in half a
second.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from activities.ports import Progress
from activities.running.lifeline import end_tidily, end_with_parent
from schema.errors import FULL_DISK, PlatformError, ProviderFailed

P = ParamSpec("P")
T = TypeVar("T")

_PARTING_S, _TIDYING_S = 0.2, 1.2
"""Together less than the 2 s within which a cancel takes effect."""
if sys.platform == "linux":
    _context = multiprocessing.get_context("forkserver")
else:
    _context = multiprocessing.get_context("spawn")


class ProcessFailed(ProviderFailed):
    """The process died, or ran out of memory. A retry may help, unless the file is the cause."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


def outcome(work: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """The result of a call as it crosses the pipe: ("result", value) or ("error", exception)."""
    try:
        return "result", work(*args, **kwargs)
    except PlatformError as error:
        return "error", error
    except MemoryError:
        return "error", ProcessFailed("There was not enough memory for this file.")
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL_DISK:
            full = "The disk is full: make room where the output or the cache is written, then try again."
            return "error", ProviderFailed(full, retryable=True)
        return "error", RuntimeError(f"{type(error).__name__}: {error}")


def _main(pipe: Connection, work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    end_with_parent()
    worker = multiprocessing.parent_process()
    if worker is None or not worker.is_alive():
        os._exit(1)
    end_tidily()
    if "progress" in inspect.signature(work).parameters:
        kwargs["progress"] = lambda fraction, words="": pipe.send(("progress", (fraction, words)))
    pipe.send(outcome(work, *args, **kwargs))


def make_ready(*modules: str) -> None:
    """Starts the process that children are forked from, once. It imports `modules` in the background."""
    if sys.platform == "linux":
        _context.set_forkserver_preload([__name__, *modules, "activities.running.nursery"])
        forkserver.ensure_running()


async def run_in_child(
    work: Callable[..., T], *args: Any, on_progress: Progress | None = None, **kwargs: Any
) -> T:
    """Call `work(*args, **kwargs)` in a child process and return what it returns.

    Raises:
        PlatformError: as the function raised it.
        ProcessFailed: the process died (a codec crashed), or memory ran out.
        ProviderFailed: the disk is full; another attempt may do better.
        asyncio.CancelledError: after the child has ended.
    """
    loop = asyncio.get_running_loop()
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_main, args=(theirs, work, args, kwargs), daemon=False)
    make_ready(work.__module__)  # not in a thread: a process that a thread has started would end with it
    start = asyncio.create_task(asyncio.to_thread(process.start))
    try:
        await asyncio.shield(start)
    except asyncio.CancelledError:  # the thread continues, and so would the process that it starts
        while not start.done():
            with contextlib.suppress(asyncio.CancelledError):  # told again
                await asyncio.wait({start})
        if start.exception() is None:
            process.kill()
            process.join()
        raise
    theirs.close()
    messages: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
    # A thread, because a message may arrive in parts, and some event loops make a watched pipe non-blocking.
    reader = threading.Thread(target=_read, args=(ours, loop, messages), daemon=True)
    reader.start()
    try:
        while (message := await messages.get()) is not None:
            what, value = message
            if what == "progress":
                if on_progress:
                    on_progress(*value)
            elif what == "result":
                return value  # type: ignore[no-any-return]
            else:
                raise value
        await asyncio.to_thread(process.join, 5)
        raise ProcessFailed(f"The process died (exit code {process.exitcode}).")
    finally:
        await asyncio.shield(asyncio.to_thread(_end, process, reader, ours))


def _read(
    pipe: Connection, loop: asyncio.AbstractEventLoop, messages: asyncio.Queue[tuple[str, Any] | None]
) -> None:
    """Reads all of the child's messages, then None when it has ended."""
    with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
        try:
            while True:
                loop.call_soon_threadsafe(messages.put_nowait, pipe.recv())
        except (EOFError, OSError):
            loop.call_soon_threadsafe(messages.put_nowait, None)


def _end(process: Any, reader: threading.Thread, pipe: Connection) -> None:
    """Ends the child. One that has answered ends by itself; another is asked to end and removes its partial files, or
    is killed."""
    for wait_s, end in ((_PARTING_S, process.terminate), (_TIDYING_S, process.kill)):
        process.join(wait_s)
        if process.is_alive():
            end()
    process.join()
    reader.join()
    pipe.close()
