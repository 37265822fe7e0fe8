"""Ctrl-C, a terminal that is closed, and SIGTERM end the work and what it left half done, and nothing else.

A terminal sends its signals to children too, and one that is only just starting would answer with a traceback. So they
are held back, which children inherit, and a thread waits for them.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine
from multiprocessing import resource_tracker
from typing import Any

_LOOK_EVERY_S = 0.1


def hold() -> set[signal.Signals]:
    """Hold back what stops us, but for what we were started to ignore (`nohup`, a job in the background).

    To be called before a library starts threads: one that does not hold a signal back would take it, and the process
    would end at once.
    """
    stops = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    held = {each for each in stops if signal.getsignal(each) is not signal.SIG_IGN}
    signal.pthread_sigmask(signal.SIG_BLOCK, held)
    return held


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end.

    Raises:
        KeyboardInterrupt: it was stopped, and has cleaned up.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        resource_tracker.ensure_running()  # now, for it lets signals through again when it starts
        asyncio.run(_watched(work, hold()))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _watched(work: Coroutine[Any, Any, None], signals: set[signal.Signals]) -> None:
    task, loop, over = asyncio.ensure_future(work), asyncio.get_running_loop(), threading.Event()

    def watch() -> None:
        # `sigtimedwait` would take the end of a stop (Ctrl-Z, then `fg`) for a signal: it answers what it has not got.
        while not over.wait(_LOOK_EVERY_S):
            if signals & signal.sigpending():
                signal.sigwait(signals)
                loop.call_soon_threadsafe(task.cancel)
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        await task
    finally:
        over.set()
        watcher.join()
