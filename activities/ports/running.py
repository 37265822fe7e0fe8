"""What a long call is given: a progress callback, and storage for partial results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[float, str], None]
"""(fraction from 0 to 1, a few plain words): heartbeats, and feeds the progress line. Cheap to call."""


class Checkpoints(Protocol):
    """Small results of parts of a step, stored in the bucket, so that an interrupted step continues where it was.

    Keys are chosen by the adapter and must contain a hash of everything that went into the part.
    """

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes) -> None: ...
