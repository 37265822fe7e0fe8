"""Paid work in flight: what has begun comes to its end, and nothing else is begun, after a failure or SIGTERM."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from activities.running.in_flight import finish_all, until
from schema.errors import ProviderFailed, Unavailable

Work = Callable[[], Awaitable[int]]


class Vendor:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.answered: list[int] = []
        self.busy, self.answers = asyncio.Event(), asyncio.Event()

    def work(self, count: int, at_once: int) -> list[Work]:
        async def ask(number: int) -> int:
            self.begun.append(number)
            if len(self.begun) == at_once:
                self.busy.set()
            await self.answers.wait()
            self.answered.append(number)
            return number

        return [lambda number=number: ask(number) for number in range(count)]  # type: ignore[misc]


async def _told_to_end(count: int, at_once: int) -> tuple[Vendor, list[int] | BaseException]:
    """A worker is told to end while the first of the work is under way; what came of it."""
    vendor, told = Vendor(), asyncio.Event()
    with until(told.is_set):
        step = asyncio.create_task(finish_all(vendor.work(count, at_once), at_once))
    await vendor.busy.wait()
    told.set()
    vendor.answers.set()
    (came,) = await asyncio.gather(step, return_exceptions=True)
    return vendor, came


async def test_a_worker_that_ends_finishes_what_is_paid_for_and_begins_nothing() -> None:
    vendor, came = await _told_to_end(10, at_once=3)
    assert vendor.begun == vendor.answered == [0, 1, 2]
    assert isinstance(came, Unavailable), "another worker goes on"


async def test_a_worker_that_ends_gives_the_results_where_all_was_under_way() -> None:
    _, came = await _told_to_end(3, at_once=3)
    assert came == [0, 1, 2]


async def test_a_failure_lets_what_is_under_way_end() -> None:
    vendor = Vendor()

    async def fail() -> int:
        await vendor.busy.wait()
        vendor.answers.set()
        raise ProviderFailed("It says no.", retryable=False)

    with pytest.raises(ProviderFailed):
        await finish_all([fail, *vendor.work(5, at_once=2)], at_once=3)
    assert vendor.begun == vendor.answered == [0, 1]
