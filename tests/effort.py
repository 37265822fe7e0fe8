"""How long work keeps a processor busy, for the tests of what must not grow with the square of its size."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

AT_ONCE_S = 20
"""A second or two, many times over: what grows with the square of the sizes under test takes minutes."""


def busy_s(work: Callable[[], object]) -> float:
    """Processor time in seconds, so that a busy machine decides little."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


async def end_by_cancel(work: asyncio.Task[Any]) -> None:
    """Cancel what is in the middle of it, and wait for its end. It ends by the cancel, however busy the machine is."""
    assert not work.done()
    work.cancel()
    await asyncio.wait({work})
    assert work.cancelled()
