"""Ctrl-C ends the work and what it left half done, and nothing else.

A terminal sends SIGINT to children too, and one that is only just starting would answer with a traceback. So it is
blocked, which children inherit, and a thread waits for it.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine
from multiprocessing import resource_tracker
from typing import Any

_SIGNALS = {signal.SIGINT, signal.SIGTERM}
_LOOK_EVERY_S = 0.1


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end.

    Raises:
        KeyboardInterrupt: it was stopped, and has cleaned up.
    """
    resource_tracker.ensure_running()  # now, for it lets the signals through again when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        asyncio.run(_watched(work))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _watched(work: Coroutine[Any, Any, None]) -> None:
    task, loop, over = asyncio.ensure_future(work), asyncio.get_running_loop(), threading.Event()

    def watch() -> None:
        while not over.is_set():
            if signal.sigtimedwait(_SIGNALS, _LOOK_EVERY_S):
                loop.call_soon_threadsafe(task.cancel)
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        await task
    finally:
        over.set()
        watcher.join()
