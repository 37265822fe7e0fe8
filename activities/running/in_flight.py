"""Work that is paid for, a few pieces at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar, cast

from temporalio import activity

from schema.errors import Unavailable

T = TypeVar("T")


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
    if activity.in_activity() and activity.is_worker_shutdown():
        raise Unavailable("This worker ends; another one goes on with the step.")
