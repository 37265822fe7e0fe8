"""How far what was heard is from what was said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from anyascii import anyascii

from schema.vtt.words import Word

_NUMBERS = {"100": "one hundred", "20": "twenty"}
"""As the sentences of the benchmarks have them: a recogniser that writes figures is not wrong."""


def plain(text: str) -> list[str]:
    """Words without capitals, punctuation and figures."""
    words = re.sub(r"[^\w' ]+", " ", text.lower().replace("’", "'")).split()
    return [each for word in words for each in _NUMBERS.get(word, word).split()]


def word_error_rate(said: str, heard: str) -> float:
    """Substitutions, deletions and insertions over the words that were said (Levenshtein's distance). Where another script
    was heard than was said, both are compared by their sounds, as Latin letters have them."""
    if _script(said) != _script(heard):
        said, heard = _sounds(said), _sounds(heard)
    wanted, found = plain(said), plain(heard)
    row = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1] / len(wanted)


def _script(text: str) -> str:
    """Of its first letter."""
    return next((unicodedata.name(sign).split()[0] for sign in text if sign.isalpha()), "")


def _sounds(text: str) -> str:
    """Consonants alone: scripts differ in which vowels they write."""
    return re.sub(r"[aeiouy']|(?<=(.))\1", "", anyascii(text).lower().replace("w", "v"))


@dataclass(frozen=True)
class TimeErrors:
    """Milliseconds, of starts and ends together, of so many words."""

    words: int
    median: int
    of_nine_tenths: int
    worst: int

    @classmethod
    def of(cls, off: Iterable[int]) -> TimeErrors:
        """Of each word two, its start and its end."""
        sorted_off = sorted(off)
        count = len(sorted_off)
        return cls(count // 2, sorted_off[count // 2], sorted_off[count * 9 // 10], sorted_off[-1])


def time_errors(spoken: Sequence[Word], heard: Sequence[Word]) -> TimeErrors:
    """Of the words that were heard, each against the same one that was spoken nearest to it."""
    off: list[int] = []
    for word in heard:
        same = [one for one in spoken if plain(one.text) == plain(word.text)]
        if same:
            one = min(same, key=lambda each: abs(each.start_ms - word.start_ms))
            off += [abs(one.start_ms - word.start_ms), abs(one.end_ms - word.end_ms)]
    return TimeErrors.of(off)


def stretches(words: Iterable[Word], pause_ms: int = 130) -> list[tuple[int, int]]:
    """Words that follow each other without a pause, as stretches of speech."""
    found: list[tuple[int, int]] = []
    for word in words:
        if found and word.start_ms - found[-1][1] < pause_ms:
            found[-1] = (found[-1][0], max(found[-1][1], word.end_ms))
        else:
            found.append((word.start_ms, word.end_ms))
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    return found


def precision_and_recall(
    true: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]]
) -> tuple[float, float]:
    """Of milliseconds."""
    shared = sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in true for b in found)
    return shared / max(1, sum(b - a for a, b in found)), shared / max(1, sum(b - a for a, b in true))
