"""Further processes for the encoding of a render, where the machine has further cores.

Threads do not do: the encoder lets the interpreter go for a millisecond at a time, and two threads that hand it to
one another wait up to 5 ms at each turn. What a helper makes goes through the cache, so there is nothing to send;
whatever it did not make, for whatever reason, its parent makes.
"""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from activities.running.lifeline import die_with_parent, end_tidily

T = TypeVar("T")
Taken = Iterator[tuple[int, T]]
_MOST = 3
"""Each takes some megabytes of its own."""
_TIDYING_S = 0.6
_NUMBER = struct.Struct("=I")


def helpers() -> int:
    """How many a render may have. A fork is safe while no other thread of ours runs."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 0
    return min(_MOST, len(os.sched_getaffinity(0)) - 1)


@contextmanager
def helped(items: Sequence[T], work: Callable[[Taken[T]], object], count: int) -> Iterator[Taken[T]]:
    """Yields the items that are left to this process, numbered, while `count` forked ones do `work` on the others.

    Who is free takes the next, so that none waits long for another at the end. Ends when all are done; a block that
    fails ends the helpers.
    """
    if count <= 0:
        yield iter(enumerate(items))
        return
    # A read from a file moves the place in it for all who share its opening (read(2)); of this kind of file not in one
    # step, hence the lock, which ends with whoever holds it.
    numbers = os.memfd_create("items")
    os.write(numbers, b"".join(map(_NUMBER.pack, range(len(items)))))
    os.lseek(numbers, 0, os.SEEK_SET)

    def taken() -> Taken[T]:
        while number := _next(numbers):
            yield (index := _NUMBER.unpack(number)[0]), items[index]

    parent = os.getpid()
    children = [_fork(parent, lambda: work(taken())) for _ in range(count)]
    try:
        yield taken()
        for child in children:
            os.waitpid(child, 0)
    except BaseException:
        _end(children)
        raise
    finally:
        os.close(numbers)


def _next(numbers: int) -> bytes:
    """The next number, or nothing."""
    fcntl.lockf(numbers, fcntl.LOCK_EX)
    try:
        return os.read(numbers, _NUMBER.size)
    finally:
        fcntl.lockf(numbers, fcntl.LOCK_UN)


def _end(children: Sequence[int]) -> None:
    """They take away what they are writing, or are killed; some may have ended already."""
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
    deadline = time.monotonic() + _TIDYING_S
    for child in children:
        with suppress(ChildProcessError):
            while not os.waitpid(child, os.WNOHANG)[0]:
                if time.monotonic() > deadline:
                    os.kill(child, signal.SIGKILL)
                time.sleep(0.005)


def _fork(parent: int, work: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        gc.freeze()  # to search what was there before would copy it
        die_with_parent(parent)
        end_tidily()
        work()
    finally:
        os._exit(0)
