"""Whether two descriptions tell the same."""

from __future__ import annotations

from collections.abc import Iterable

from schema.vtt.text import words_of

_ALIKE = 0.85
"""The share of words that two descriptions have in common, from which on they tell the same."""


class Told:
    """What has been told, to be compared with."""

    def __init__(self, told: Iterable[frozenset[str]] = ()) -> None:
        self._told = [*told]

    def copy(self) -> Told:
        """Another, to add to what may not stay."""
        return Told(self._told)

    def add(self, description: str) -> None:
        self._told.append(_words(description))

    def has(self, description: str) -> bool:
        words = _words(description)
        return bool(words) and any(_alike(words, other) for other in self._told)


def _words(description: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in words_of(description))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Another number tells something else, however much stands around it."""
    differ = one ^ other
    if any(sign.isdigit() for word in differ for sign in word):
        return False
    return len(one & other) >= _ALIKE * len(one | other)
