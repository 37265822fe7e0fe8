"""The numbers of a text, so that a translation's are told from its source's however each language writes them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from fractions import Fraction

import regex

_DIGITS = r"\d+(?:[.,'’\u00a0\u202f]\d+)*"
_NUMBER = regex.compile(_DIGITS)
_PARTED = regex.compile(r"(?<=\d)(?:[:. \u00a0\u202f]| ?h ?)(?=\d{2})")
"""What parts hours from minutes, and thousands, by language: `10:30` is `10.30` and `10 h 30`."""
_SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "milliard": 9, "trillion": 12, "万": 4, "萬": 4, "만": 4, "億": 8,
    "亿": 8, "억": 8, "兆": 12, "조": 12, "千": 3, "천": 3, "lakh": 5, "crore": 7, "लाख": 5, "करोड़": 7,
}  # fmt: skip
"""Powers of ten. Most languages of Europe have the same, and the same digits before them."""
_SCALE = "|".join(_SCALES)
_AMOUNT = r"\d{1,15}(?:[.,]\d{1,15}){0,5}"
_PART = regex.compile(rf"({_AMOUNT})\s?((?:{_SCALE})*)", regex.I)
_SCALED = regex.compile(rf"(?:{_AMOUNT}\s?(?:{_SCALE})+\s?)+(?:(?<!\s){_AMOUNT})?", regex.I)
_DECIMAL = regex.compile(r"(\d+)[.,](\d{1,2})")


def numbers(text: str) -> Counter[str]:
    """Digits only, so that 1,000 and 1.000 are the same; any script's digits as ASCII."""
    return Counter(
        "".join(str(unicodedata.digit(sign)) for sign in found if sign.isdigit())
        for found in _NUMBER.findall(text)
    )


def same_numbers(one: str, other: str) -> bool:
    """Whether two texts have the same, though they may part or scale them otherwise: 10,000 is 1万."""
    if numbers(_PARTED.sub("", one)) == numbers(_PARTED.sub("", other)):
        return True
    return numbers(_SCALED.sub(_value, one)) == numbers(_SCALED.sub(_value, other))


def _value(found: regex.Match[str]) -> str:
    parts = _PART.findall(found.group())
    total = sum(_exact(digits) * 10 ** _power(scales.lower()) for digits, scales in parts)
    return f"{int(total)} " if total == int(total) else str(found.group())


def _power(scales: str) -> int:
    """`千万` is ten million."""
    return sum(_SCALES[scale] for scale in regex.findall(_SCALE, scales))


def _exact(digits: str) -> Fraction:
    decimal = _DECIMAL.fullmatch(digits)
    if decimal is None:
        return Fraction(int("".join(filter(str.isdigit, digits))))
    return int(decimal[1]) + Fraction(int(decimal[2]), 10 ** len(decimal[2]))
