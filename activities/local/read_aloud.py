"""Text as it is read aloud: what a voice would spell out or read in the wrong order is put into words. Pure.

Numbers themselves are left to the voice's own rules, which know every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from schema.vtt.sentences import CLOSING_SIGNS, SENTENCE_SIGNS, ends_sentence
from schema.vtt.text import UNSPACED, primary, without_invisible

_SIGNS = "$€£"
_CURRENCIES = {
    "en": ("dollars", "euros", "pounds"),
    "es": ("dólares", "euros", "libras"),
    "fr": ("dollars", "euros", "livres"),
    "it": ("dollari", "euro", "sterline"),
    "pt": ("dólares", "euros", "libras"),
    "de": ("Dollar", "Euro", "Pfund"),
}
_ONE = {
    "en": ("one dollar", "one euro", "one pound"),
    "es": ("un dólar", "un euro", "una libra"),
    "fr": ("un dollar", "un euro", "une livre"),
    "it": ("un dollaro", "un euro", "una sterlina"),
    "pt": ("um dólar", "um euro", "uma libra"),
    "de": ("ein Dollar", "ein Euro", "ein Pfund"),
}
_SCALES = {
    "en": "hundred|thousand|million|billion|trillion",
    "es": "mil(?: millones)?|mill(?:ón|ones)|bill(?:ón|ones)",
    "fr": "mille|millions?|milliards?|billions?",
    "it": "mila|milion[ei]|miliard[oi]|bilion[ei]",
    "pt": "mil|mil(?:hão|hões)|bil(?:hão|hões)|tril(?:hão|hões)",
    "de": "Tausend|tausend|Million(?:en)?|Milliarden?|Billion(?:en)?|Mio\\.|Mrd\\.",
}
_SHORT = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "tn": "trillion"}
"""As English has them right after a number."""
_OF = {"es": "de ", "fr": "de ", "it": "di ", "pt": "de "}
"""Stands in these between a million and what there are a million of."""
_WITHOUT_OF = frozenset({"mil", "mille", "mila"})
_NUMBER = r"\d++(?:[.,]\d++)*+"
_AMOUNT = rf"{_NUMBER}(?:\s?[-–]\s?{_NUMBER})?+"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_DASH = re.compile(r"\s+[-–—]+\s+|\s*—\s*")
_ASCII_OF = {",": "،、，፣", ";": "؛；", ":": "：", "?": "？؟፧⁇⁈", "!": "！‼⁉"}
_LATIN = str.maketrans(
    {sign: "." for sign in SENTENCE_SIGNS if sign not in ".?!…"}
    | {sign: latin for latin, signs in _ASCII_OF.items() for sign in signs}
)
"""The marks of other scripts as the one that a voice knows."""
_OF_OTHER_SCRIPTS = "".join(map(chr, sorted(_LATIN)))
_MARK = re.compile(
    rf"[,;:.!?…—]+[{re.escape(CLOSING_SIGNS)}]*(?=\s|$)|[(){{}}\[\]]"
    rf"|[{_OF_OTHER_SCRIPTS}]+[{re.escape(CLOSING_SIGNS)}]*"
)
_ENDS = ".!?…"


def readable(text: str, language: str) -> str:
    """On one line, with amounts of money in the order in which they are said, and nothing that nobody says."""
    spoken = primary(language)
    seen = text if spoken in UNSPACED else without_invisible(text)  # there places for a break divide words
    plain = " ".join(_CONTROL.sub(" ", seen).split())
    if spoken not in _CURRENCIES or not any(sign in plain for sign in _SIGNS):
        return plain
    return _money(spoken).sub(lambda found: _said(found, spoken), plain)


@cache
def _money(language: str) -> re.Pattern[str]:
    """An amount with a sign before or after it; a sign with letters before it, as in US$, is left to the voice."""
    scale = rf"(?:\s+(?P<scale{{0}}>{_SCALES[language]})(?!\w))?"
    short = r"(?P<short>(?i:bn|tn|mn|[kmb])(?!\w))?" if language == "en" else ""
    return re.compile(
        rf"(?<!\w)(?P<before>[$€£])\s?(?P<amount1>{_AMOUNT}){short}{scale.format(1)}(?!\w)"
        rf"|(?P<amount2>{_AMOUNT}){scale.format(2)}\s?(?P<after>[$€£])(?!\w)"
    )


def _said(found: re.Match[str], language: str) -> str:
    parts = found.groupdict()
    amount = parts["amount1"] or parts["amount2"]
    scale = parts["scale1"] or parts["scale2"] or _SHORT.get((parts.get("short") or "").lower())
    place = _SIGNS.index(parts["before"] or parts["after"])
    name = _CURRENCIES[language][place]
    if scale is None:
        return _ONE[language][place] if amount == "1" else f"{amount} {name}"
    of = "" if scale in _WITHOUT_OF else _OF.get(language, "")
    if (language, name) == ("fr", "euros") and of:
        of = "d'"
    return f"{amount} {scale} {of}{name}"


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
    return next((sign for sign in mark.translate(_LATIN) if sign in ",;:.!?…—"), ",")


def closes(mark: str) -> bool:
    """Whether a sentence ends with it."""
    return mark in _ENDS


def halves(words: str) -> tuple[str, str]:
    """Words that are too many for one breath, divided at the space nearest to the middle."""
    spaces = [0, *(found.start() for found in re.finditer(" ", words)), len(words)]
    middle = min((at for at, _ in pairwise(spaces)), key=lambda at: abs(at - len(words) // 2))
    middle = middle or len(words) // 2
    return words[:middle], words[middle:].lstrip()
