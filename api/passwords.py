"""Argon2id, off the event loop, and on half of the cores at most: each check is four threads and 64 MiB for a moment, and
whoever guesses at random must not take the cores from those who are answered meanwhile."""

from __future__ import annotations

import asyncio
import os

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = max(1, (os.cpu_count() or 1) // 4)


class Passwords:
    """Hashes and checks. What is compared for an unknown account is as much work as for a known one."""

    def __init__(self) -> None:
        self._nobody = _HASHER.hash("a password that nobody has")
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one behind `stored`; never where nothing is stored."""
        async with self._slots:
            same = await asyncio.to_thread(_verify, stored or self._nobody, password)
        return same and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
