"""How long work keeps a processor busy, for the tests of what must not grow with the square of its size."""

from __future__ import annotations

import time
from collections.abc import Callable

AT_ONCE_S = 20
"""A second or two, many times over: what grows with the square of the sizes under test takes minutes."""


def busy_s(work: Callable[[], object]) -> float:
    """Processor time in seconds, so that a busy machine decides little."""
    begin = time.process_time()
    work()
    return time.process_time() - begin
