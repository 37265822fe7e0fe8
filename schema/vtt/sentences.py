"""Where a sentence ends. A full stop also closes abbreviations, initials and, in some languages, ordinal numbers.

Which languages write `24.` for the 24th is told by CLDR.
"""

from __future__ import annotations

from functools import lru_cache

import regex

from schema.vtt.abbreviations import TITLES, is_abbreviation
from schema.vtt.linguistics import break_rules
from schema.vtt.text import UNSPACED, primary

SENTENCE_SIGNS = ".?!…‼⁇⁈⁉。！？．｡।॥؟۔።፧။។៕։།༎᠃᱾"
"""What ends a sentence, in the scripts that this meets."""
_GREEK_QUESTION = (";", "\u037e")
CLOSING_SIGNS = "\"'”’»)]」』）》〉】"
"""What may stand after its end and still belong to the sentence."""
_CLOSE_TOO = "[“‘«‹›]*"
"""What closes in some languages, right after the sign, and opens in others."""
_END = regex.compile(rf"([{SENTENCE_SIGNS}]+){_CLOSE_TOO}[{regex.escape(CLOSING_SIGNS)}\s]*$")
_OPENING_SIGNS = "\"'“„‘‚«¿¡([-–—"
_ENDS = regex.compile(
    rf"[{SENTENCE_SIGNS}]+{_CLOSE_TOO}[{regex.escape(CLOSING_SIGNS)}]*(?=\s|$)|[。！？．｡]+[」』）》〉】]*"
)
_PAIRS = (("“", "”"), ("«", "»"), ("(", ")"), ("[", "]"), ("「", "」"), ("『", "』"))
_APOSTROPHES = ("'", "’")
_LAST_WORD = regex.compile(rf"[^\s{regex.escape(_OPENING_SIGNS)}]*$")
_REACH = 40
"""No abbreviation, with what stands after it, is longer."""
_NUMBER = regex.compile(r"\p{Nd}{1,2}|[IVX]{1,6}")
_DATE = regex.compile(r"(?<!\p{Nd})\p{Nd}{1,2}\. ?\p{Nd}{1,2}$")
"""A day and a month in ordinals, which a year follows."""
_CHAIN = regex.compile(r"(?<!\p{L})(?!I\.)\p{L}{1,2}\. ?\p{L}{1,3}$")
"""Words that are written short together, such as `p. ex`."""
_INITIAL = regex.compile(r"(?:\p{L}\p{M}*[-.])*\p{Lu}\p{M}*")


def ends_sentence(text: str, language: str = "", after: str | None = None) -> bool:
    """Whether a sentence ends where `text` does. `after` is what comes next, where it is known: its first word tells
    an abbreviation inside a sentence from one that ends it. Empty is the end of all."""
    tail = text[-_REACH:].rstrip()
    if primary(language) == "el" and tail.rstrip(CLOSING_SIGNS).endswith(_GREEK_QUESTION):
        return True
    found = _END.search(tail)
    if found is None:
        return False
    signs, following = found.group(1), (after or "").lstrip(_OPENING_SIGNS + " \n")
    return signs != "." or not _inside(tail[: found.start()], primary(language), after, following)


def split_sentences(text: str, language: str = "") -> list[str]:
    """The sentences of `text`, without the white space between them. What stands in quotes or brackets is not divided."""
    sentences: list[str] = []
    begin = 0
    for found in _ENDS.finditer(text):
        said, rest = text[begin : found.end()], text[found.end() :].lstrip()
        goes_on = _is_open(said) or rest[:1].islower()
        if rest and not goes_on and ends_sentence(said, language, rest):
            sentences.append(said.strip())
            begin = found.end()
    return [*sentences, text[begin:].strip()] if text[begin:].strip() else sentences


def _is_open(text: str) -> bool:
    """Whether a quote or bracket begins in it and does not end."""
    low = text.count("„")
    if low > text.count("“") + text.count("”") or text.count('"') % 2:
        return True
    return any(
        text.count(opens) > text.count(closes) for opens, closes in _PAIRS if not (low and opens == "“")
    )


def _inside(before: str, language: str, after: str | None, following: str) -> bool:
    """Whether the stop after `before` is a word's own, and the sentence goes on."""
    found = _LAST_WORD.search(before)  # it matches the empty word too
    word = found.group()
    if not word or language in UNSPACED or before[: found.start()].endswith(_APOSTROPHES):
        return False
    if word.lower() in TITLES:
        return True
    if _NUMBER.fullmatch(word) and (_writes_ordinals(language) or following[:1].islower()):
        if following[:1].isdigit() and _DATE.search(before):
            return True
        return after is None or (following[:1].isalpha() and not _opens_sentence(following, language))
    short = _is_initial(word, language) or is_abbreviation(word, language, following)
    if not (short or _CHAIN.search(before)):
        return False
    if after is None:
        return True
    return bool(following) and not _opens_sentence(following, language)


def _opens_sentence(following: str, language: str) -> bool:
    """Whether it begins with a function word in capitals, which it has at a sentence's start alone."""
    first = following.split(maxsplit=1)[0].rstrip(",;:.!?…")
    rules = break_rules(language or "en")
    return first[:1].isupper() and (first.lower() in rules.holds or first.lower() in rules.opens)


def _is_initial(word: str, language: str) -> bool:
    """`J`, `J.-P`, `U.S`; the English pronoun is none."""
    return _INITIAL.fullmatch(word) is not None and not (word == "I" and language in ("", "en"))


@lru_cache(maxsize=256)
def _writes_ordinals(language: str) -> bool:
    """Whether the language writes ordinal numbers with a stop, as CLDR has them."""
    from icu4py.messageformat import MessageFormat

    return bool(MessageFormat("{n,ordinal}", language or "en").format({"n": 2}) == "2.")
