"""Whether two descriptions tell the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from schema.vtt.text import words_of

_ALIKE = 0.85
"""The share of words that two descriptions have in common, from which on they tell the same."""


class Told:
    """What has been told, to be compared with."""

    def __init__(self, told: Iterable[frozenset[str]] = ()) -> None:
        self._told: list[frozenset[str]] = []
        self._with: defaultdict[str, list[int]] = defaultdict(list)
        """By word, the places of what has it."""
        for words in told:
            self._put(words)

    def copy(self) -> Told:
        """Another, to add to what may not stay."""
        return Told(self._told)

    def add(self, description: str) -> None:
        self._put(_words(description))

    def has(self, description: str) -> bool:
        words = _words(description)
        shared = Counter(place for word in words for place in self._with.get(word, ()))
        return any(
            count >= _ALIKE * max(len(words), len(self._told[place])) and _alike(words, self._told[place])
            for place, count in shared.items()
        )

    def _put(self, words: frozenset[str]) -> None:
        for word in words:
            self._with[word].append(len(self._told))
        self._told.append(words)


def _words(description: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in words_of(description))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Another number tells something else, however much stands around it."""
    if len(one & other) < _ALIKE * len(one | other):
        return False
    return not any(sign.isdigit() for word in one ^ other for sign in word)
