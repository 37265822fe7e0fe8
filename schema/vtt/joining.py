"""What a recogniser gives as words of its own, at the words that it belongs to: punctuation, and parts of contractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import regex

from schema.vtt.text import CLOSES, OPENS, primary
from schema.vtt.turns import Token

_NO_BREAK = "\u00a0"
_APART_IN_FRENCH = "?!:;»"
_QUOTE = '"'
_APOSTROPHES = ("'", "’")
_CONTRACTED = regex.compile(r"n['’]t|['’](?:s|re|ve|ll|d|m|t)", regex.I)
"""`n't` of `do n't`, `'s` of `it 's`."""
_ELIDING = frozenset(["fr", "it", "ca", "oc"])
_ELIDED = regex.compile(r"\p{L}+['’]")
"""`l'` of `l' homme`."""
_BEFORE_AMOUNTS = frozenset("$£¥")


def joined(tokens: Sequence[Token], language: str) -> list[Token]:
    """The tokens, with each that is no word by itself joined to its neighbour, of the same speaker."""
    spoken = primary(language)
    words: list[Token] = []
    before: Token | None = None  # what waits for the word that it opens
    open_quotes: set[str | None] = set()
    for token in _contractions(tokens):
        opens = OPENS.fullmatch(token.text) is not None
        if token.text == _QUOTE:
            opens = token.speaker not in open_quotes
            open_quotes ^= {token.speaker}
        if before is not None and before.speaker == token.speaker:
            apart = _NO_BREAK if spoken == "fr" and before.text.endswith("«") else ""
            token = replace(token, text=before.text + apart + token.text, start_ms=before.start_ms)
        elif before is not None:
            words.append(before)
        before = None
        if opens or _goes_with_next(token.text, spoken):
            before = token
        elif words and words[-1].speaker == token.speaker and _closes(token.text):
            apart = _NO_BREAK if spoken == "fr" and token.text[0] in _APART_IN_FRENCH else ""
            words[-1] = _after(words[-1], apart, token)
        else:
            words.append(token)
    return [*words, before] if before else words


def _contractions(tokens: Sequence[Token]) -> list[Token]:
    """An apostrophe that stands alone between two parts of a word as a part of the second."""
    parts: list[Token] = []
    taken = False
    for token, after in pairwise([*tokens, None]):
        if token is None or taken:
            taken = False
            continue
        if (
            token.text in _APOSTROPHES
            and after is not None
            and after.speaker == token.speaker
            and _CONTRACTED.fullmatch(token.text + after.text)
        ):
            parts.append(_after(token, "", after))
            taken = True
        else:
            parts.append(token)
    return parts


def _closes(text: str) -> bool:
    return CLOSES.fullmatch(text) is not None or _CONTRACTED.fullmatch(text) is not None


def _goes_with_next(text: str, language: str) -> bool:
    return text in _BEFORE_AMOUNTS or (language in _ELIDING and _ELIDED.fullmatch(text) is not None)


def _after(word: Token, apart: str, token: Token) -> Token:
    return replace(word, text=word.text + apart + token.text, end_ms=max(word.end_ms, token.end_ms))
