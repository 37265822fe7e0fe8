"""Whether processes have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import psutil


def is_alive(pid: int) -> bool:
    """A zombie has ended: it waits for a parent that may never ask, as process 1 of a container often does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def gone(pids: Iterable[int], seconds: float = 60) -> None:
    """Waits until none of them is alive."""
    waited = tuple(pids)
    async with asyncio.timeout(seconds):
        while any(is_alive(pid) for pid in waited):
            await asyncio.sleep(0.02)
