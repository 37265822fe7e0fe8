"""Password hashing (Argon2id) and password strength. Hashing runs off the event loop, and on at most half of the cores:
each check takes four threads and 64 MiB for a moment, and an attacker who guesses must not take the cores from other
requests."""

from __future__ import annotations

import asyncio
import os
import unicodedata
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from schema.errors import Invalid

_HASHER = PasswordHasher()
_AT_ONCE = max(1, (os.cpu_count() or 1) // 4)
SHORTEST, LONGEST = 12, 200
_ESTIMATED = 72
"""Longer passwords are cut to this for the estimator. No guess covers that many characters."""
_GUESSABLE = 1
"""Passwords up to this score (0 to 4) of the estimator fall within 10^6 guesses."""


class Passwords:
    """Hashes and verifies passwords. For an unknown account, a dummy is verified with the same amount of work."""

    def __init__(self) -> None:
        self._nobody = _HASHER.hash("a password that nobody has")
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def renewed(self, stored: str, password: str) -> str | None:
        """A new hash of the password behind `stored` if that was made with outdated parameters; otherwise None."""
        return await self.hash(password) if _HASHER.check_needs_rehash(stored) else None

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` matches `stored`; False if nothing is stored."""
        async with self._slots:
            same = await asyncio.to_thread(_verify, stored or self._nobody, password)
        return same and stored is not None


def check_new(password: str, about: Sequence[str] = ()) -> None:
    """Raises if a password is too easy to guess. `about` is the person's own name and address. The estimator knows tens
    of thousands of common passwords, names and words, and their usual variations.

    Raises:
        Invalid: says what is wrong with it, without repeating it.
    """
    if len(password) < SHORTEST:
        raise Invalid(
            f"A password has at least {SHORTEST} characters. A few words that do not belong together do well."
        )
    if len(password) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.")
    known = [word for text in about for word in (text, *text.replace("@", " ").replace(".", " ").split())]
    plain = unicodedata.normalize("NFC", password)[:_ESTIMATED]
    if zxcvbn(plain, user_inputs=known)["score"] <= _GUESSABLE:
        raise Invalid(
            "This password is too easy to guess: it is a common one, a pattern, or made of your own name or address. "
            "A few words that do not belong together do well."
        )


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
