"""Text as it goes into Apertium's pipeline and comes out again.

The pipeline speaks Apertium's stream format (https://wiki.apertium.org/wiki/Apertium_stream_format): reserved
characters are escaped by a backslash, what stands in [brackets] passes through untouched, and a NUL flushes every
stage, so that nothing moves from one text into the next. Each text carries its number in brackets, and its glossary
terms as words that no dictionary knows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from schema.vtt.glossary import Match, Terms

_RESERVED = re.compile(r"[\\^$\[\]{}/@<>]")
_ESCAPED_OR_BLANK = re.compile(r"\\(.)|\[([^\]]*)\]", re.DOTALL)
_NUMBER = re.compile(r"(?<!\\)\[u(\d+)\]")
_STOP = ".[]"
"""Ends a sentence without adding one, as Apertium's own deformatters do."""
_LETTERS = "bcdfghjklm"
_PREFIXES = ("xqz", "zqx", "qxv")
_OPENING = "“‘([{¿¡"
_CLOSING = ",.;:!?…”’)]}"
_CAPITALISED = frozenset({"de", "lb"})
"""Languages whose nouns are capitals: a capital at the start may be the word's own."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A text on its own: a cue, or one speaker's part of it."""

    text: str
    placeholders: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    """What each placeholder stands for, in the target language."""
    source: str = field(default="")
    """The text as it was before its terms were taken out."""

    @property
    def has_words(self) -> bool:
        """Without a letter a text is its own translation."""
        return any(sign.isalpha() for sign in self.text)

    def kept(self) -> Unit:
        """With its placeholders as the terms that are wanted: for a translation that is translated again."""
        return replace(self, wanted=self.placeholders)

    def as_read(self, text: str) -> Unit:
        """This unit as `text` has it in another language, with its terms in the order in which they stand there."""
        terms = sorted(zip(self.placeholders, self.wanted, strict=True), key=lambda term: text.find(term[0]))
        return Unit(text, tuple(each for each, _ in terms), tuple(wanted for _, wanted in terms), text)


def protect(text: str, terms: Terms) -> Unit:
    """Put a placeholder in place of every term. No dictionary knows other spaces than the usual one."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    matches = terms.find(composed)
    prefix = next((each for each in _PREFIXES if each not in composed.lower()), _PREFIXES[0])
    placeholders: list[str] = []
    pieces: list[str] = []
    at = 0
    for number, match in enumerate(matches):
        placeholders.append(prefix + "".join(_LETTERS[int(digit)] for digit in str(number)) + "q")
        pieces += [composed[at : match.start], placeholders[-1]]
        at = match.end
    pieces.append(composed[at:])
    wanted = tuple(_wanted(composed, match) for match in matches)
    return Unit("".join(pieces), tuple(placeholders), wanted, composed)


def _wanted(text: str, match: Match) -> str:
    """The target of a term, with a capital where the text has one and the term's entry has not."""
    wanted = match.term.wanted
    if text[match.start].isupper() and match.term.source[:1].islower():
        return wanted[:1].upper() + wanted[1:]
    return wanted


def encode(units: Sequence[Unit]) -> bytes:
    """All units as one stream, each ended by a NUL."""
    parts = (
        f"[u{number}]" + _RESERVED.sub(r"\\\g<0>", unit.text).replace("~", "[~]") + _STOP + "\0"
        for number, unit in enumerate(units)
    )
    return "".join(parts).encode()


def decode(stream: bytes, count: int) -> list[str | None]:
    """The texts of a stream by number; None for one that did not come back exactly once."""
    found: dict[int, list[str]] = {}
    for piece in stream.decode(errors="replace").split("\0"):
        numbers = _NUMBER.findall(piece)
        if len(numbers) == 1:
            found.setdefault(int(numbers[0]), []).append(piece)
    answers: list[str | None] = []
    for number in range(count):
        pieces = found.get(number, [])
        answers.append(_plain(pieces[0]) if len(pieces) == 1 else None)
    return answers


def _plain(piece: str) -> str | None:
    body = piece.rstrip()
    if not body.endswith(_STOP):
        return None
    text = _ESCAPED_OR_BLANK.sub(
        lambda found: found[1] or ("~" if found[2] == "~" else ""), body[: -len(_STOP)]
    )
    return " ".join(text.split())


def restore(answer: str | None, unit: Unit, target: str) -> str | None:
    """The answer with its terms put in; None where a placeholder is not there exactly once, or nothing came."""
    if not unit.has_words:
        return unit.text.strip()
    if not answer:
        return None
    text = _same_case(unit, _tidy(unit, answer, target), target)
    for placeholder, wanted in zip(unit.placeholders, unit.wanted, strict=True):
        found = list(re.finditer(rf"(?<!\w){placeholder}(?!\w)", text, re.IGNORECASE))
        if len(found) != 1:
            return None
        text = text[: found[0].start()] + wanted + text[found[0].end() :]
    return text


def _tidy(unit: Unit, answer: str, target: str) -> str:
    """Without the spaces that the pipeline puts beside punctuation it does not know."""
    for sign in _OPENING:
        if f"{sign} " not in unit.source:
            answer = answer.replace(f"{sign} ", sign)
    for sign in _CLOSING if target != "fr" else ():
        if f" {sign}" not in unit.source:
            answer = answer.replace(f" {sign}", sign)
    return answer


def _same_case(unit: Unit, answer: str, target: str) -> str:
    """Apertium capitalises after a bracket, and loses capitals when it moves a word."""
    source = next((sign for sign in unit.source if sign.isalpha()), "")
    at = next((place for place, sign in enumerate(answer) if sign.isalpha()), None)
    if at is None or source.isupper() == answer[at].isupper() or source.lower() == source.upper():
        return answer
    first_word = re.match(r"\w+", answer[at:])
    if source.islower() and (target in _CAPITALISED or (first_word and first_word[0] in unit.source)):
        return answer
    sign = answer[at].upper() if source.isupper() else answer[at].lower()
    return answer[:at] + sign + answer[at + 1 :]
