"""Nothing is kept, and nobody told: for local adapters that a double asks."""

from __future__ import annotations


class Forgetful:
    """Checkpoints of what costs nothing."""

    async def get(self, key: str) -> bytes | None:
        return None

    async def put(self, key: str, value: bytes) -> None:
        pass


def quiet(fraction: float, said: str) -> None:
    """Progress that nobody sees."""
