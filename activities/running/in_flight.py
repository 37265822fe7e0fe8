"""Paid calls, a few in parallel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar, cast

from schema.errors import Unavailable

T = TypeVar("T")
_is_ending: ContextVar[Callable[[], bool]] = ContextVar("is_ending", default=lambda: False)


@contextmanager
def until(is_ending: Callable[[], bool]) -> Iterator[None]:
    """Inside the block, no call starts once `is_ending` returns true."""
    token = _is_ending.set(is_ending)
    try:
        yield
    finally:
        _is_ending.reset(token)


async def finish_all(works: Iterable[Callable[[], Awaitable[T]]], at_once: int) -> list[T]:
    """The results of `works` in order, `at_once` of them under way at a time.

    After a failure none is begun any more, nor once the worker is told to end (SIGTERM); those under way come to their
    end, so that each can keep what it was paid for. Then the failure is raised. A cancel ends all of them at once.

    Raises:
        Unavailable: the worker ends before all were begun; the next attempt goes on elsewhere.
    """
    turn = asyncio.Semaphore(at_once)
    failures: list[Exception] = []

    async def one(work: Callable[[], Awaitable[T]]) -> T | None:
        async with turn:
            if failures:
                return None
            try:
                _heed_shutdown()
                return await work()
            except Exception as failure:  # raised below
                failures.append(failure)
                return None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(work)) for work in works]
    if failures:
        raise failures[0]
    return [cast(T, task.result()) for task in tasks]


def _heed_shutdown() -> None:
    if _is_ending.get()():
        raise Unavailable("This worker ends; another one goes on with the step.")
