"""Where a sentence ends. A full stop also closes abbreviations, initials and, in some languages, ordinal numbers.

Which words are abbreviations is told by sentencex's lists, and which languages write `24.` for the 24th by CLDR.
"""

from __future__ import annotations

from functools import lru_cache

import regex

from schema.vtt.linguistics import break_rules
from schema.vtt.text import UNSPACED, primary

SENTENCE_SIGNS = ".?!…。！？．｡।॥؟۔။።។"
"""What ends a sentence, in the scripts that this meets."""
CLOSING_SIGNS = "\"'”’»)]」』"
"""What may stand after its end and still belong to the sentence."""
_END = regex.compile(rf"([{SENTENCE_SIGNS}]+)[{regex.escape(CLOSING_SIGNS)}\s]*$")
_OPENING_SIGNS = "\"'“„‘‚«¿¡([-–—"
_ENDS = regex.compile(rf"[{SENTENCE_SIGNS}]+[{regex.escape(CLOSING_SIGNS)}]*(?=\s|$)|[。！？．｡]+[」』）]*")
_PAIRS = (("“", "”"), ("«", "»"), ("(", ")"), ("[", "]"), ("「", "」"), ("『", "』"))
_LAST_WORD = regex.compile(rf"[^\s{regex.escape(_OPENING_SIGNS)}]*$")
_LONGEST = 12
_REACH = 40
"""No abbreviation, with what stands after it, is longer."""
_TITLES = frozenset(
    ["mr", "mrs", "ms", "mx", "dr", "dra", "prof", "st", "rev", "sr", "sra", "srta", "sig", "dott", "hr"]
)
"""A name always follows them."""
_NO_ABBREVIATIONS = frozenset(["ok", "art", "bien", "mar", "via"])
"""Words of their own, which are also listed as short for others."""
_NUMBER = regex.compile(r"\p{Nd}{1,2}|[IVX]{1,6}")
_INITIAL = regex.compile(r"(?:\p{L}\p{M}*[-.])*\p{Lu}\p{M}*")


def ends_sentence(text: str, language: str = "", after: str | None = None) -> bool:
    """Whether a sentence ends where `text` does. `after` is what comes next, where it is known: its first word tells
    an abbreviation inside a sentence from one that ends it. Empty is the end of all."""
    tail = text[-_REACH:].rstrip()
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
    word = _LAST_WORD.search(before).group()  # it matches the empty word too
    if not word or language in UNSPACED:
        return False
    if word.lower() in _TITLES:
        return True
    if _NUMBER.fullmatch(word) and _writes_ordinals(language):
        return after is None or (following[:1].isalpha() and not _opens_sentence(following, language))
    if not (_is_initial(word, language) or is_abbreviation(word, language)):
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


@lru_cache(maxsize=8192)
def is_abbreviation(word: str, language: str) -> bool:
    """Whether a word, without its last stop, is written short in that language."""
    rules = break_rules(language or "en")
    if "." in word:
        return word.rpartition(".")[2].isalpha() and len(word) <= _LONGEST
    if not word.isalpha() or word.lower() in rules.holds | rules.opens | _NO_ABBREVIATIONS:
        return False
    from sentencex import segment  # loaded where it is needed: most that import this read no sentence

    return len(segment(language or "en", f"{word}. Xx")) == 1


@lru_cache(maxsize=256)
def _writes_ordinals(language: str) -> bool:
    """Whether the language writes ordinal numbers with a stop, as CLDR has them."""
    from icu4py.messageformat import MessageFormat

    return bool(MessageFormat("{n,ordinal}", language or "en").format({"n": 2}) == "2.")
