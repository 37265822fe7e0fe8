"""Whether two descriptions say the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from schema.vtt.text import words_of

_ALIKE = 0.85
"""The share of common words from which two descriptions say the same."""


_Words = tuple[str, ...]
"""In lower case, in their order."""


class Told:
    """Earlier descriptions, for comparison."""

    def __init__(self, told: Iterable[_Words] = ()) -> None:
        self._told: list[_Words] = []
        self._with: defaultdict[str, list[int]] = defaultdict(list)
        """By word, the places of what has it."""
        for words in told:
            self._put(words)

    def copy(self) -> Told:
        """A copy, for tentative additions."""
        return Told(self._told)

    def add(self, description: str) -> None:
        self._put(_words(description))

    def has(self, description: str) -> bool:
        said = _words(description)
        words = frozenset(said)
        shared = Counter(place for word in words for place in self._with.get(word, ()))
        return any(
            count >= _ALIKE * max(len(words), len(frozenset(self._told[place])))
            and _alike(said, self._told[place])
            for place, count in shared.items()
        )

    def _put(self, words: _Words) -> None:
        for word in frozenset(words):
            self._with[word].append(len(self._told))
        self._told.append(words)


def _words(description: str) -> _Words:
    return tuple(word.casefold() for word in words_of(description))


def _alike(one: _Words, other: _Words) -> bool:
    """Another number tells something else, however much stands around it; and so do two that change places: who gives
    and who takes."""
    these, those = frozenset(one), frozenset(other)
    if len(these & those) < _ALIKE * len(these | those):
        return False
    if any(sign.isdigit() for word in these ^ those for sign in word):
        return False
    return not (these == those and _swapped(one, other))


def _swapped(one: _Words, other: _Words) -> bool:
    """Whether two words have changed places, and all others stand where they stood."""
    if len(one) != len(other):
        return False
    moved = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(moved) == 2 and moved[0] == moved[1][::-1]
