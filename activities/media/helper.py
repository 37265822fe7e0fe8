"""A second process for the encoding of a render, where the machine has a second core.

Threads do not do: the encoder lets the interpreter go for a millisecond at a time, and two threads that hand it to
one another wait up to 5 ms at each turn. What the helper makes goes through the cache, so there is nothing to send;
whatever it did not make, for whatever reason, its parent makes.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def may_help() -> bool:
    """A fork is safe while no other thread of ours runs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return sys.platform == "linux" and cores > 1 and threading.active_count() == 1


def halves(items: Sequence[T], cost: Callable[[T], int]) -> tuple[list[T], list[T]]:
    """Two lists of about equal cost: the dearest first, each to the list that has less."""
    mine, theirs = [], []
    total_mine = total_theirs = 0
    for item in sorted(items, key=cost, reverse=True):
        if total_mine <= total_theirs:
            mine.append(item)
            total_mine += cost(item)
        else:
            theirs.append(item)
            total_theirs += cost(item)
    return mine, theirs


@contextmanager
def helper(work: Callable[[], object]) -> Iterator[None]:
    """Runs `work` in a forked process while the block runs, and waits for it; a block that fails ends it."""
    from activities.child import die_with_parent  # not before: it brings asyncio

    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            die_with_parent(parent)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            work()
        finally:
            os._exit(0)
    try:
        yield
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.waitpid(child, 0)
