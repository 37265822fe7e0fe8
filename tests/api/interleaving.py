"""Requests that meet: which statement of which request comes next is drawn, so that a property holds in every order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.util import await_only

from schema.db import Database

_WHO: ContextVar[tuple[Order, int] | None] = ContextVar("who", default=None)
_BLOCKED_S = 0.02
"""Whoever has their turn and does not come to the next statement meanwhile waits for a lock that the other holds."""
orders = st.lists(st.integers(0, 1), min_size=8, max_size=40)


class Order:
    """Whose statement is next, of two."""

    def __init__(self, drawn: Iterable[int]) -> None:
        self._drawn: Iterator[int] = iter(drawn)
        self._running = {0, 1}
        self._waiting: dict[int, asyncio.Event] = {}

    async def turn(self, who: int) -> None:
        event = self._waiting[who] = asyncio.Event()
        self._release()
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), _BLOCKED_S)
        self._waiting.pop(who, None)

    def ended(self, who: int) -> None:
        self._running.discard(who)
        self._release()

    def _release(self) -> None:
        if self._waiting and set(self._waiting) >= self._running:
            wanted = next(self._drawn, 0)
            who = wanted if wanted in self._waiting else next(iter(self._waiting))
            self._waiting.pop(who).set()


def _before(*_: Any) -> None:
    if (met := _WHO.get()) is not None:
        order, who = met
        await_only(order.turn(who))


@asynccontextmanager
async def watched(database: Database) -> AsyncIterator[None]:
    """Statements of `meet` wait for their turn meanwhile; those of others do not."""
    engine = database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", _before)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", _before)


async def meet(drawn: Iterable[int], *asked: Callable[[], Awaitable[Response]]) -> list[Response]:
    """The answers of two requests whose statements come in the order that was drawn."""
    order = Order(drawn)

    async def ask(who: int) -> Response:
        _WHO.set((order, who))
        try:
            return await asked[who]()
        finally:
            order.ended(who)

    return list(await asyncio.gather(*(asyncio.create_task(ask(who)) for who in range(2))))


async def in_every_order(test: Callable[[list[int]], Awaitable[None]], examples: int = 8) -> None:
    """Runs `test` with orders that are drawn; the same ones in every run."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None)
    @given(order=orders)
    def each(order: list[int]) -> None:
        asyncio.run_coroutine_threadsafe(test(order), loop).result()  # type: ignore[arg-type]

    await asyncio.to_thread(each)
