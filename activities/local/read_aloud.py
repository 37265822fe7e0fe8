"""Text as it is read aloud: what a voice would spell out or read in the wrong order is put into words. Pure.

Numbers themselves are left to the voice's own rules, which know every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from schema.vtt.sentences import CLOSING_SIGNS, ends_sentence
from schema.vtt.text import primary, visible

_CURRENCIES = {
    "en": ("dollar dollars", "euro euros", "pound pounds", "real reais"),
    "es": ("dólar dólares", "euro euros", "libra libras", "real reales"),
    "fr": ("dollar dollars", "euro euros", "livre livres", "real reais"),
    "it": ("dollaro dollari", "euro euro", "sterlina sterline", "real reais"),
    "pt": ("dólar dólares", "euro euros", "libra libras", "real reais"),
    "de": ("Dollar Dollar", "Euro Euro", "Pfund Pfund", "Real Reais"),
}
"""One of each and several, in the order of `_SIGNS`."""
_SIGNS = ("$", "€", "£", "R$")
_OTHERWISE = {"US$": "$"}
_PESOS = frozenset({"es-ar", "es-cl", "es-co", "es-cu", "es-do", "es-mx", "es-uy"})
_SHORT = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "tn": "trillion"}
_SCALES = {
    "en": ("thousand|million|billion|trillion|k|m|mn|bn|tn", ""),
    "es": ("millón|millones|billones", "de"),
    "fr": ("millions?|milliards?", "de"),
    "it": ("milion[ei]|miliard[oi]", "di"),
    "pt": ("milhão|milhões|bilhão|bilhões", "de"),
    "de": (r"Millionen?|Milliarden?|Mio\.|Mrd\.", ""),
}
"""What may follow an amount before its currency, and what stands between the two."""
_NUMBER = r"\d++(?:[.,]\d++)*+"
_AMOUNT = rf"{_NUMBER}(?:\s?[-–]\s?{_NUMBER})?+"


@lru_cache(maxsize=8)
def _money(language: str) -> re.Pattern[str]:
    """A sign behind a letter is of another currency than these, such as `A$`."""
    scale = rf"(?:\s?({_SCALES[language][0]})(?!\w))?"
    return re.compile(
        rf"(?<![\w$€£])(?:((?:US|R)\$|[$€£])\s?({_AMOUNT}){scale}|({_AMOUNT}){scale}\s?([$€£]))(?!\w)"
    )


_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_DASH = re.compile(r"\s+[-–—]+\s+|\s*—\s*")
_ALIKE = str.maketrans("।॥۔。！？，、；：؟،؛", "...." + "!?,,;:?,;")
"""Signs of other scripts, and what a voice is given for them. No space need follow."""
_MARK = re.compile(
    rf"[,;:.!?…—]+[{re.escape(CLOSING_SIGNS)}]*(?=\s|$)|[(){{}}\[\]]|"
    rf"[{''.join(map(chr, _ALIKE))}]+[{re.escape(CLOSING_SIGNS)}]*"
)
_ENDS = ".!?…"


def readable(text: str, language: str) -> str:
    """On one line, with amounts of money in the order in which they are said."""
    plain = " ".join(_CONTROL.sub(" ", visible(text)).split())
    spoken = primary(language)
    if spoken not in _CURRENCIES:
        return plain

    def worded(found: re.Match[str]) -> str:
        before, first, first_scale, second, second_scale, after = found.groups()
        amount, scale = first or second, first_scale or second_scale
        sign = _OTHERWISE.get(before or after, before or after)
        one, several = _CURRENCIES[spoken][_SIGNS.index(sign)].split()
        if sign == "$" and before == "$" and language.lower() in _PESOS:
            one, several = "peso", "pesos"
        if not scale:
            return f"{amount} {one if amount == '1' else several}"
        of = _SCALES[spoken][1]
        said = " ".join(filter(None, [amount, _SHORT.get(scale, scale), of, several]))
        return said.replace("de euros", "d'euros") if spoken == "fr" else said

    return _money(spoken).sub(worded, plain)


def clauses(text: str, language: str) -> Iterator[tuple[str, str]]:
    """(words, mark): what is said in one breath and the sign that closes it, one of `,;:.!?…—`, or nothing at the
    end of a text that has none. A stop that belongs to an abbreviation or a number closes nothing."""
    dashed = _DASH.sub(" — ", text).replace(" — ", "— ")
    at = 0
    for found in _MARK.finditer(dashed):
        sign = _sign(found.group())
        if found.group()[0] == sign == "." and not ends_sentence(
            dashed[: found.end()], language, dashed[found.end() :].lstrip()
        ):
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
    return next((sign for sign in mark.translate(_ALIKE) if sign in ",;:.!?…—"), ",")


def closes(mark: str) -> bool:
    """Whether a sentence ends with it."""
    return mark in _ENDS


def halves(words: str) -> tuple[str, str]:
    """Words that are too many for one breath, divided at the space nearest to the middle."""
    spaces = [0, *(found.start() for found in re.finditer(" ", words)), len(words)]
    middle = min((at for at, _ in pairwise(spaces)), key=lambda at: abs(at - len(words) // 2))
    middle = middle or len(words) // 2
    return words[:middle], words[middle:].lstrip()
