"""Whether a text has a word that is wanted, in whichever form its language gives it.

The word as it is, or an allowed form; the same word inflected, by Snowball's stemmers; and where the language joins
words (German compounds, Korean particles, Finnish cases), the word inside a longer one. Lenient on purpose: a finding
that is none costs more trust than one that is missed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from typing import Any

import snowballstemmer

from schema.vtt.glossary import Term, Terms
from schema.vtt.text import primary, words_of

_STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish", "nl": "dutch",
    "en": "english", "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "fa": "persian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
JOINING = frozenset(
    [
        "de",
        "nl",
        "lb",
        "fy",
        "af",
        "da",
        "sv",
        "no",
        "nb",
        "nn",
        "is",
        "fo",
        "fi",
        "et",
        "hu",
        "tr",
        "az",
        "kk",
        "ky",
        "uz",
        "eu",
        "ko",
        "ka",
        "ml",
        "ta",
        "te",
        "kn",
    ]
)
"""Languages that write compounds, cases or particles in one word with a noun."""
_LEAST_INSIDE, _LEAST_AT_EDGE = 4, 3
"""Letters that a word has at least to be looked for within another, and at its beginning or end."""
_HANGUL = re.compile("[\uac00-\ud7a3]")


class Text:
    """One text, ready to be asked for many words."""

    def __init__(self, text: str, stemmer: Any) -> None:
        self.text = text
        self._stemmer = stemmer

    @cached_property
    def folded(self) -> str:
        return unicodedata.normalize("NFC", self.text).casefold()

    @cached_property
    def composed(self) -> str:
        return unicodedata.normalize("NFC", self.text)

    @cached_property
    def stems(self) -> list[str]:
        return stems_of(self.text, self._stemmer)


def stemmer_of(language: str) -> Any:
    """None of a language that has none. One is not shared by threads."""
    name = _STEMMERS.get(primary(language))
    return snowballstemmer.stemmer(name) if name else None


def stems_of(text: str, stemmer: Any) -> list[str]:
    words = [unicodedata.normalize("NFC", word).casefold() for word in words_of(text)]
    return [stemmer.stemWord(word) for word in words] if stemmer else []


class Wanted:
    """What a translation should have for a term: any of `words` and their forms."""

    def __init__(self, term: Term, language: str, stemmer: Any) -> None:
        self._words = [term.wanted, *term.forms]
        self._exact = Terms(((word, term) for word in self._words), language)
        self._literal = term.case_sensitive or term.do_not_translate
        self._stems = [] if self._literal else [stems_of(word, stemmer) for word in self._words]
        self._joins = primary(language) in JOINING

    def stands_in(self, text: Text) -> bool:
        if self._exact.find(text.text):
            return True
        if self._joins and any(self._inside(word, text) for word in self._words):
            return True
        return any(_follow(wanted, text.stems, joins=self._joins) for wanted in self._stems if wanted)

    def _inside(self, word: str, text: Text) -> bool:
        sought = unicodedata.normalize("NFC", word)
        sought, within = (sought, text.composed) if self._literal else (sought.casefold(), text.folded)
        least = 2 if _HANGUL.search(sought) else _LEAST_INSIDE
        at = within.find(sought)
        while at >= 0:
            if len(sought) >= least or (
                len(sought) >= _LEAST_AT_EDGE and _at_edge(within, at, at + len(sought))
            ):
                return True
            if least == 2 and not within[at - 1 : at].isalnum():
                return True  # a noun of one syllable, with its particle
            at = within.find(sought, at + 1)
        return False


def _at_edge(text: str, start: int, end: int) -> bool:
    return not text[start - 1 : start].isalnum() or not text[end : end + 1].isalnum()


def _follow(wanted: list[str], stems: list[str], *, joins: bool) -> bool:
    """Whether the stems stand one after another; where words are joined, the only one also at a word's end."""
    if len(wanted) == 1 and joins and len(wanted[0]) >= _LEAST_INSIDE:
        return any(stem.endswith(wanted[0]) or stem.startswith(wanted[0]) for stem in stems)
    size = len(wanted)
    return any(stems[at : at + size] == wanted for at in range(len(stems) - size + 1))
