"""A client's terms, and where they stand in a text.

The longest term that fits at a place wins, and terms do not overlap. In spaced scripts a term is whole words, in Korean
with the particles that follow it; in Chinese, Japanese, Thai and their like it may stand anywhere, but Latin letters are never cut out of a longer word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from schema.vtt.text import DOTTED_I, UNSPACED, primary

_KEY = 3
_PARTICLES = {
    "ko": re.compile(
        "(?:께서|에서|에게|한테|으로|로|이랑|랑|하고|까지|부터|마다|마저|조차|밖에|처럼|같이|보다|이나|나|이라도|라도|"
        "이라는|라는|이란|란|이라고|라고|이며|이고|이다|였다|이었다|입니다|이에요|예요|들|이|가|은|는|을|를|의|에|께|와|과|도|만|서|써|요)"
        r"{1,3}(?!\w)"
    )
}
"""What follows a noun without a space."""
_SAME_SIGN = str.maketrans("’‘ʼ＇‐‑\u00a0\u202f\n\t", "''''--    ")
"""Signs that are typed one way in a glossary and another in a text, sign for sign."""
_ONE_I = str.maketrans("İIı", "iii")
_TONE_ON_LAST = re.compile("o[àáảãạ]|o[èéẻẽẹ]|u[ỳýỷỹỵ]")
_TONES_OF_TWO = {
    unicodedata.normalize("NFC", f"{first}{last}{tone}"): unicodedata.normalize("NFC", f"{first}{tone}{last}")
    for first, last in ("oa", "oe", "uy")
    for tone in "\u0300\u0301\u0309\u0303\u0323"
}
"""Vietnamese places a tone on either of two vowels: hoà is hòa."""


@dataclass(frozen=True, slots=True)
class Term:
    """One term in one target language.

    `do_not_translate`: `source` stands in the translation as it is. `forbidden`: `target` (or `source`, where
    `target` is empty) must not stand in the translation. Else `target` is the translation of `source`.
    """

    source: str
    target: str = ""
    case_sensitive: bool = False
    do_not_translate: bool = False
    forbidden: bool = False
    notes: str = ""
    stands_in: str = ""
    """The language whose word `target` is, where the glossary has none in the job's own: pt for pt-BR."""
    forms: tuple[str, ...] = ()
    """What counts as the target too; of a forbidden word, what must not be used either."""

    @property
    def wanted(self) -> str:
        """What the translation should have where the source has `source`; empty where nothing is asked."""
        if self.forbidden:
            return ""
        return self.source if self.do_not_translate else self.target


@dataclass(frozen=True, slots=True)
class Match:
    """`text[start:end]` of the text in Unicode's composed form (NFC) is the term."""

    term: Term
    start: int
    end: int


class Terms:
    """Terms made ready to be found in many texts of one language."""

    def __init__(self, terms: Iterable[tuple[str, Term]], language: str) -> None:
        """`terms` are pairs of what to look for and the term that it stands for."""
        self._language = language
        self._unspaced = primary(language) in UNSPACED
        self._particles = _PARTICLES.get(primary(language))
        self._by_key: dict[str, list[tuple[str, str, Term]]] = defaultdict(list)
        for sought, term in terms:
            exact = composed(sought).strip()
            if exact:
                folded = _fold(exact, language)
                self._by_key[folded[:_KEY]].append((exact, folded, term))
        for entries in self._by_key.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, text: str) -> list[Match]:
        """Matches in order, the longest at each place."""
        if not self._by_key:
            return []
        exact = composed(text)
        folded = _fold(exact, self._language)
        matches: list[Match] = []
        at = 0
        while at < len(folded):
            found = self._at(exact, folded, at)
            if found is None:
                at += 1
            else:
                matches.append(found)
                at = found.end
        return matches

    def _at(self, text: str, folded: str, at: int) -> Match | None:
        for length in range(_KEY, 0, -1):
            for exact, low, term in self._by_key.get(folded[at : at + length], ()):
                end = at + len(low)
                fits = text.startswith(exact, at) if term.case_sensitive else folded.startswith(low, at)
                if fits and not self._inside_word(text, at) and self._ends(text, end):
                    return Match(term, at, end)
        return None

    def _ends(self, text: str, at: int) -> bool:
        """Whether a word ends here, but for the particles that its language writes with it."""
        if not self._inside_word(text, at):
            return True
        return self._particles is not None and self._particles.match(text, at) is not None

    def _inside_word(self, text: str, at: int) -> bool:
        """Whether a word goes on across this place."""
        if not 0 < at < len(text):
            return False
        before, after = text[at - 1], text[at]
        joined = _in_word(before) and _in_word(after)
        return joined and (not self._unspaced or (before.isascii() and after.isascii()))


def find_terms(text: str, terms: Iterable[Term], language: str) -> list[Match]:
    """Where the source side of each term stands in a text of the source language. Forbidden terms are not looked
    for: they concern the translation."""
    return Terms(((term.source, term) for term in terms if not term.forbidden), language).find(text)


def _in_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


def composed(text: str) -> str:
    """In NFC, with one sign for those that are typed in several ways. No place in the NFC text changes."""
    return unicodedata.normalize("NFC", text).translate(_SAME_SIGN)


def one_i(text: str, language: str) -> str:
    """The text with one letter for Turkish's four: capitals of foreign names have none of the two dots."""
    return text.translate(_ONE_I) if primary(language) in DOTTED_I else text


def _fold(text: str, language: str) -> str:
    """Lower case, sign by sign, so that places stay the same."""
    text = one_i(text, language)
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
    if primary(language) == "vi":
        return _TONE_ON_LAST.sub(lambda found: _TONES_OF_TWO[found[0]], lower)
    return lower
