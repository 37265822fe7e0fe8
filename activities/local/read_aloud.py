"""Text as it is read aloud: what a voice would spell out or read in the wrong order is put into words. Pure.

Numbers themselves are left to the voice's own rules, which know every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from schema.vtt.sentences import CLOSING_SIGNS, ends_sentence
from schema.vtt.text import primary

_CURRENCIES = {
    "en": ("dollars", "euros", "pounds"),
    "es": ("dólares", "euros", "libras"),
    "fr": ("dollars", "euros", "livres"),
    "it": ("dollari", "euro", "sterline"),
    "pt": ("dólares", "euros", "libras"),
    "de": ("Dollar", "Euro", "Pfund"),
}
_SIGNS = "$€£"
_AMOUNT = r"\d+(?:[.,]\d+)*"
_MONEY = re.compile(rf"(?:([$€£])\s?({_AMOUNT})|({_AMOUNT})\s?([$€£]))(?:\s+(million|billion)\b)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_DASH = re.compile(r"\s+[-–—]+\s+|\s*—\s*")
_MARK = re.compile(rf"[,;:.!?…—]+[{re.escape(CLOSING_SIGNS)}]*(?=\s|$)|[(){{}}\[\]]")
_ENDS = ".!?…"


def readable(text: str, language: str) -> str:
    """On one line, with amounts of money in the order in which they are said."""
    plain = " ".join(_CONTROL.sub(" ", text).split())
    names = _CURRENCIES.get(primary(language))
    if names is None:
        return plain

    def said(found: re.Match[str]) -> str:
        before, amount, other, after, scale = found.groups()
        name = names[_SIGNS.index(before or after)]
        return " ".join(each for each in (amount or other, scale, name) if each)

    return _MONEY.sub(said, plain)


def clauses(text: str, language: str) -> Iterator[tuple[str, str]]:
    """(words, mark): what is said in one breath and the sign that closes it, one of `,;:.!?…—`, or nothing at the
    end of a text that has none. A stop that belongs to an abbreviation or a number closes nothing."""
    dashed = _DASH.sub(" — ", text).replace(" — ", "— ")
    at = 0
    for found in _MARK.finditer(dashed):
        sign = _sign(found.group())
        if sign == "." and not ends_sentence(dashed[: found.end()], language, dashed[found.end() :].lstrip()):
            continue
        words = dashed[at : found.start()].strip()
        if any(letter.isalnum() for letter in words):
            yield words, sign
        at = found.end()
    rest = dashed[at:].strip()
    if any(letter.isalnum() for letter in rest):
        yield rest, ""


def _sign(mark: str) -> str:
    """One sign for several, as in `?!` or `."`; brackets are breaths."""
    return next((sign for sign in mark if sign in ",;:.!?…—"), ",")


def closes(mark: str) -> bool:
    """Whether a sentence ends with it."""
    return mark in _ENDS


def halves(words: str) -> tuple[str, str]:
    """Words that are too many for one breath, divided at the space nearest to the middle."""
    spaces = [0, *(found.start() for found in re.finditer(" ", words)), len(words)]
    middle = min((at for at, _ in pairwise(spaces)), key=lambda at: abs(at - len(words) // 2))
    middle = middle or len(words) // 2
    return words[:middle], words[middle:].lstrip()
