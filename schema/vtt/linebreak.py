"""Divides words into lines: never over the limit where that can be met, at the places a reader would choose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import regex

from schema.vtt.linguistics import NOT_AT_LINE_END, NOT_AT_LINE_START, BreakRules, break_rules
from schema.vtt.markup import tokens, unescape
from schema.vtt.phrases import phrase_ends, words_apart
from schema.vtt.sentences import ends_sentence
from schema.vtt.text import BETWEEN_SYLLABLES, SPACES, UNSPACED, graphemes, joint, primary, split_spaces

FORBIDDEN = 50.0
"""The cost of a break that no reader would accept."""
_TOO_LONG = 200.0
_NOUNS_IN_CAPITALS = frozenset({"de", "gsw", "lb"})
"""Two words with capitals are no first and last name there."""
_YEAR_OR_TIME = regex.compile(r"1[0-9]{3}|20[0-9]{2}|[0-9]{1,2}[:.h][0-9]{2}")
_CLAUSE_END = tuple(",;:–—)]»”、，；：）」』،؛")
_BETWEEN = rf"((?:{SPACES}|\u3000)*+)"
_PIECE = regex.compile(
    rf"{_BETWEEN}([\p{{Latin}}\p{{Nd}}][\p{{Latin}}\p{{Nd}}\p{{GCB=Extend}}\p{{GCB=SpacingMark}}'’.,:/\-]*|\X)"
)
_SPACED_PIECE = regex.compile(rf"{_BETWEEN}((?:\S|[\u00a0\u2007\u202f])+)")
"""White space and what it stands before: a word in Latin letters or a number, else one character; or all to the next
white space."""
_SIGN = regex.compile(r"&[#A-Za-z0-9]+;|.", regex.S)
"""Of cue text: a character, or the reference to one."""


def break_cost(left: str, right: str, language: str) -> float:
    """How bad it is to end a line after `left` and begin the next with `right`: 0 is best.

    After punctuation, then before a conjunction or preposition; never between an article and its noun, a first
    and a last name, a pronoun and its verb, a number and what it counts.
    """
    begins = right.lstrip(".…") if primary(language) not in UNSPACED else right
    if (begins and begins[0] in NOT_AT_LINE_START) or left[-1:] in NOT_AT_LINE_END:
        return FORBIDDEN
    if not begins:  # dots alone may belong to either line
        return 7.0
    if ends_sentence(left, language, right):
        return 0.0
    if left.endswith(_CLAUSE_END):
        return 1.0
    if primary(language) in UNSPACED:
        return 6.0 if left[-1:].isdigit() else 4.0
    if left.endswith("."):  # of a word or a number, which the next belongs to
        return 6.0 if right[:1].islower() else 8.0
    rules = break_rules(language)
    before = left.lower().lstrip("\"'“‘«¿¡([").rstrip(".")
    if before in rules.holds or before in rules.opens:
        return 9.0
    if right.lower() in rules.opens:
        return 2.0
    names = primary(language) not in _NOUNS_IN_CAPITALS
    if names and left[:1].isupper() and right[:1].isupper() and left[1:2].islower():
        return 8.0
    return _number_cost(left, right, rules, names) if left[-1:].isdigit() else 4.0


def _number_cost(left: str, right: str, rules: BreakRules, lower_case_nouns: bool) -> float:
    """Of a break after a number: it stays with what it counts, which is no function word. A year and a time of day
    count nothing."""
    if _YEAR_OR_TIME.fullmatch(left.lstrip("\"'“‘«¿¡([")) or right.lower().rstrip(".,;:!?…") in rules.holds:
        return 4.0
    if lower_case_nouns and right[:1].isupper():
        return 4.0
    return 8.0 if rules.opens else 6.0  # a language without a list may go on with a conjunction


class Layout:
    """Words with their widths, and what a break before each costs. Widths are graphemes.

    `joints` are what stands between the words; by default what the language puts there.
    """

    def __init__(
        self, words: Sequence[str], language: str, limit: int, joints: Sequence[str] | None = None
    ) -> None:
        self.words, self.limit = words, limit
        pairs = list(pairwise(words))
        usual = [joint(left, right, language) for left, right in pairs]
        self.joints = usual if joints is None else joints
        self.costs = [0.0] + [break_cost(left, right, language) for left, right in pairs]
        for at, (between, expected) in enumerate(zip(self.joints, usual, strict=True), 1):
            if between and not expected:  # Where no space is due, it stands for a comma.
                self.costs[at] = min(self.costs[at], 1.0)
        if primary(language) in UNSPACED:
            self._keep_phrases(language)
        self._ends, self._begins = [0], [0]
        for index, word in enumerate(words):
            if index:
                self._begins[-1] += graphemes(self.joints[index - 1])
            end = self._begins[-1] + graphemes(word)
            self._ends.append(end)
            self._begins.append(end)

    def _keep_phrases(self, language: str) -> None:
        """Forbids breaks inside a phrase, but where punctuation or a space allows them."""
        apart = [*self.joints, ""]
        ends = phrase_ends(
            "".join(f"{word}{space}" for word, space in zip(self.words, apart, strict=True)), language
        )
        at = 0
        for index, (word, space) in enumerate(zip(self.words, self.joints, strict=False), 1):
            at += len(word) + len(space)
            if not space and at not in ends and self.costs[index] > 1.0:
                self.costs[index] = FORBIDDEN

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
        return [
            "".join(
                [self.words[begin], *(self.joints[at - 1] + self.words[at] for at in range(begin + 1, end))]
            )
            for begin, end in pairwise(edges)
        ]


def wrap(text: str, language: str, limit: int, lines: int) -> list[str] | None:
    """Plain text in at most so many lines of at most so many graphemes, or None where it does not fit.

    Scripts without spaces are divided between words, and Japanese between phrases.
    """
    words, joints = _pieces(text, language)
    if not words:
        return []
    layout = Layout(words, language, limit, joints)
    found = layout.divide(0, len(words), lines)
    if found is None or found[0] >= FORBIDDEN:
        return None
    return layout.lines(0, len(words), found[1])


def with_lines(text: str, lines: Sequence[str]) -> str:
    """Cue text whose lines end where `lines` do: they are its plain text, broken anew. Tags stay around their words."""
    ends = set(accumulate(len("".join(line.split())) for line in lines[:-1]))
    parts: list[str] = []
    count, broken = 0, -1
    for token in tokens(text):
        for sign in _SIGN.findall(token.raw) if token.kind == "text" else ():
            blank = unescape(sign).isspace()
            if count in ends and broken != count:
                broken = count
                parts.append("\n")
            if not blank:
                parts.append(sign)
                count += 1
            elif broken != count:
                parts.append(" " if sign == "\n" else sign)
        if token.kind != "text":
            parts.append(token.raw)
    return "".join(parts)


def _pieces(text: str, language: str) -> tuple[list[str], list[str]]:
    """What lines are made of (words; of Chinese and Japanese single signs, numbers and Latin words), and what stands between: the white space of the text, and at its line ends what the
    language puts between words."""
    if primary(language) not in UNSPACED:
        words = split_spaces(text)
        return words, [" "] * (len(words) - 1)
    piece = _PIECE if primary(language) in BETWEEN_SYLLABLES else _SPACED_PIECE
    pieces: list[str] = []
    joints: list[str] = []
    for line in text.split("\n"):
        for number, (space, signs) in enumerate(piece.findall(line)):
            if pieces:
                joints.append(space if number else joint(pieces[-1], signs, language))
            words = [signs] if piece is _PIECE else words_apart(signs, language)
            pieces += words
            joints += [""] * (len(words) - 1)
    return pieces, joints
