"""Divides words into lines: never over the limit where that can be met, at the places a reader would choose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from schema.vtt.linguistics import NOT_AT_LINE_END, NOT_AT_LINE_START, BreakRules, break_rules
from schema.vtt.text import UNSPACED, ends_sentence, graphemes, join_words, joint, primary

FORBIDDEN = 50.0
"""The cost of a break that no reader would accept."""
_TOO_LONG = 200.0
_CLAUSE_END = tuple(",;:–—)]»”、，；：）」』،؛")


def break_cost(left: str, right: str, rules: BreakRules, unspaced: bool) -> float:
    """How bad it is to end a line after `left` and begin the next with `right`: 0 is best.

    After punctuation, then before a conjunction or preposition; never between an article and its noun, a first
    and a last name, a pronoun and its verb, a number and what it counts.
    """
    if right[:1] in NOT_AT_LINE_START or left[-1:] in NOT_AT_LINE_END:
        return FORBIDDEN
    if ends_sentence(left):
        return 0.0
    if left.endswith(_CLAUSE_END):
        return 1.0
    if unspaced:
        return 4.0
    before = left.lower().lstrip("\"'“‘«¿¡([")
    if before in rules.holds or before in rules.opens:
        return 9.0
    if left[:1].isupper() and right[:1].isupper() and left[1:2].islower():
        return 8.0
    if left[-1:].isdigit():
        return 8.0
    return 2.0 if right.lower() in rules.opens else 4.0


class Layout:
    """Words with their widths, and what a break before each costs. Widths are graphemes."""

    def __init__(self, words: Sequence[str], language: str, limit: int) -> None:
        self.words, self.language, self.limit = words, language, limit
        rules, unspaced = break_rules(language), primary(language) in UNSPACED
        self.costs = [0.0] + [break_cost(left, right, rules, unspaced) for left, right in pairwise(words)]
        self._ends, self._begins = [0], [0]
        for index, word in enumerate(words):
            if index:
                self._begins[-1] += len(joint(words[index - 1], word, language))
            end = self._begins[-1] + graphemes(word)
            self._ends.append(end)
            self._begins.append(end)

    def width(self, first: int, stop: int) -> int:
        """Of the words from `first` up to, not including, `stop` on one line."""
        return self._ends[stop] - self._begins[first]

    def divide(self, first: int, stop: int, lines: int) -> tuple[float, tuple[int, ...]] | None:
        """The best breaks of those words into at most so many lines, as (cost, first words of the further lines).

        None where they do not fit. A single word longer than a line is taken as it is, at a high cost.
        """
        width = self.width(first, stop)
        if width <= self.limit:
            return 0.0, ()
        if stop - first == 1:
            return _TOO_LONG, ()
        if lines == 1:
            return None
        best: tuple[float, tuple[int, ...]] | None = None
        for at in range(stop - 1, first, -1):
            top = self.width(first, at)
            if top > self.limit and at - first > 1:
                continue
            rest = self.divide(at, stop, lines - 1)
            if rest is None:
                break
            below = self.width(at, stop)
            uneven = abs(top - below) / self.limit * 3 + (0.5 if top > below else 0.0)
            long = _TOO_LONG if top > self.limit else 0.0
            cost = self.costs[at] + uneven + long + rest[0]
            if best is None or cost < best[0]:
                best = cost, (at, *rest[1])
        return best

    def lines(self, first: int, stop: int, breaks: tuple[int, ...]) -> list[str]:
        edges = [first, *breaks, stop]
        return [join_words(self.words[begin:end], self.language) for begin, end in pairwise(edges)]


def wrap(text: str, language: str, limit: int, lines: int) -> list[str] | None:
    """Plain text in at most so many lines of at most so many graphemes, or None where it does not fit.

    Text without spaces is divided between its characters.
    """
    words = text.split()
    if primary(language) in UNSPACED and len(words) <= 2:
        words = list("".join(words))
    if not words:
        return []
    layout = Layout(words, language, limit)
    found = layout.divide(0, len(words), lines)
    if found is None or found[0] >= _TOO_LONG:
        return None
    return layout.lines(0, len(words), found[1])
