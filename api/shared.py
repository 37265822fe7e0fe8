"""An answer that costs something to find, kept for a few seconds and found once for all who ask meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Of one process."""

    def __init__(self, ask: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._known: tuple[float, T] | None = None

    async def get(self) -> T:
        """What is known, if it is fresh; else whoever comes first asks, and the others wait for the same answer."""
        async with self._turn:
            if self._known is None or time.monotonic() - self._known[0] > self._seconds:
                found = await self._ask()
                self._known = (time.monotonic(), found)
            return self._known[1]
