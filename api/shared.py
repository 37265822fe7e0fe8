"""An expensive result, cached for a few seconds and computed once for everyone who asks meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """The cache of one process."""

    def __init__(self, ask: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._known: tuple[float, T] | None = None

    async def get(self) -> T:
        """Returns the cached result if it is fresh. Otherwise the first caller computes it, and the others wait for the
        same result."""
        async with self._turn:
            if self._known is None or time.monotonic() - self._known[0] > self._seconds:
                found = await self._ask()
                self._known = (time.monotonic(), found)
            return self._known[1]
