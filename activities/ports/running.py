"""What a long call is given: a line of progress, and a place for results of its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[float, str], None]
"""(fraction from 0 to 1, a few plain words): heartbeats, and feeds the progress line. Cheap to call."""


class Checkpoints(Protocol):
    """Small results of parts of a step, kept in the bucket, so that a step that died goes on where it was.

    Keys are chosen by the adapter and must contain a hash of everything that went into the part.
    """

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes) -> None: ...
