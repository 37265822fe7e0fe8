"""Checkpoints and progress that do nothing, for local adapters used by a double."""

from __future__ import annotations


class Forgetful:
    """Checkpoints that store nothing, for results that cost nothing."""

    async def get(self, key: str) -> bytes | None:
        return None

    async def put(self, key: str, value: bytes) -> None:
        pass


def quiet(fraction: float, said: str) -> None:
    """Progress that nobody sees."""
