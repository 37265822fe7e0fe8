"""Whether a text has a word that is wanted, in whichever form its language gives it.

The word as it is, or an allowed form; the same word inflected, by Snowball's stemmers, or where there is none by how it
begins; and where the language joins words (German compounds, Korean particles, Finnish cases), the word inside a longer one. Lenient on purpose: a finding
that is none costs more trust than one that is missed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import snowballstemmer

from schema.vtt.glossary import Term, Terms, composed, one_i
from schema.vtt.inflected import spellings
from schema.vtt.text import UNSPACED, primary, small_letters, words_of

_STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish", "nl": "dutch",
    "en": "english", "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "fa": "persian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
JOINING = frozenset({
    "de", "nl", "lb", "fy", "af", "da", "sv", "no", "nb", "nn", "is", "fo", "fi", "et", "hu", "tr", "az", "kk", "ky", "uz",
    "eu", "ko", "ka", "ml", "ta", "te", "kn",
})  # fmt: skip
"""Languages that write compounds, cases or particles in one word with a noun."""
_NOT_INFLECTED = UNSPACED | {"ko", "vi", "haw", "mi", "sm", "to"}
"""Languages whose words are as they are, but for particles."""
_NAMES_INFLECTED = frozenset(
    [
        "pl",
        "cs",
        "sk",
        "sl",
        "hr",
        "sr",
        "bs",
        "sh",
        "mk",
        "bg",
        "ru",
        "uk",
        "be",
        "lt",
        "lv",
        "ro",
        "sq",
        "hy",
    ]
)
"""Languages that write their endings directly behind a foreign name, such as `Facebooku`."""
_PREFIXES = {"he": frozenset("והבלמשכ")}
"""Articles, prepositions and conjunctions of one letter that are written with the word after them."""
_MOST_PREFIXES = 3
_LEAST_INSIDE, _LEAST_AT_EDGE = 4, 3
"""Letters that a word has at least to be looked for within another, and at its beginning or end."""
_HANGUL = re.compile("[\uac00-\ud7a3]")


class Text:
    """One text, ready to be asked for many words."""

    def __init__(self, text: str, language: str, stemmer: Any) -> None:
        self.text = text
        self._language, self._stemmer = language, stemmer

    @cached_property
    def folded(self) -> str:
        return folded(self.composed, self._language)

    @cached_property
    def composed(self) -> str:
        return composed(self.text)

    @cached_property
    def words(self) -> list[_Word]:
        return _words(self.text, self._language, self._stemmer)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    stem: str
    """All of it in small letters, in a language without a stemmer."""
    stems: frozenset[str]
    """That, and those of other forms of it."""


def stemmer_of(language: str) -> Any:
    """None of a language that has none. One is not shared by threads."""
    name = _STEMMERS.get(primary(language))
    return snowballstemmer.stemmer(name) if name else None


def folded(text: str, language: str) -> str:
    """Without the difference between capitals and small letters; Turkish has two more, with and without a dot."""
    return one_i(text, language).casefold()


def _words(text: str, language: str, stemmer: Any) -> list[_Word]:
    words = words_of(composed(text))
    small = [small_letters(word, language).casefold() for word in words]
    if stemmer is None:
        return [
            _Word(*each) for each in zip(words, small, ([frozenset((low,)) for low in small]), strict=True)
        ]
    return [
        _Word(word, stemmer.stemWord(low), frozenset(map(stemmer.stemWord, (low, *spellings(low, language)))))
        for word, low in zip(words, small, strict=True)
    ]


class Wanted:
    """What a translation should have for a term: any of `words` and their forms."""

    def __init__(self, term: Term, language: str, stemmer: Any) -> None:
        self._words = [term.wanted, *term.forms]
        self._language, spoken = language, primary(language)
        self._exact = Terms(((word, term) for word in self._words), language)
        self._literal = term.case_sensitive or term.do_not_translate
        self._cased = term.case_sensitive
        self._joins = spoken in JOINING
        self._stemmed = stemmer is not None
        self._prefixes = _PREFIXES.get(spoken, frozenset())
        inflected = not term.do_not_translate and (self._stemmed or spoken not in _NOT_INFLECTED)
        self._inflected = [_words(word, language, stemmer) for word in self._words if inflected]
        named = term.do_not_translate and spoken in _NAMES_INFLECTED
        self._named = [_with_endings(word) for word in self._words if named]

    def stands_in(self, text: Text) -> bool:
        if self._exact.find(text.text):
            return True
        if self._joins and any(self._inside(word, text) for word in self._words):
            return True
        if any(named.search(text.composed) for named in self._named):
            return True
        return any(self._follow(wanted, text.words) for wanted in self._inflected if wanted)

    def _inside(self, word: str, text: Text) -> bool:
        sought = composed(word)
        within = text.composed if self._literal else text.folded
        sought = sought if self._literal else folded(sought, self._language)
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

    def _follow(self, wanted: list[_Word], words: list[_Word]) -> bool:
        """Whether the words stand one after another; where words are joined, the only one also at a word's start or end."""
        if len(wanted) == 1 and self._joins and self._stemmed and len(wanted[0].stem) >= _LEAST_INSIDE:
            return any(self._is_joined(wanted[0], word) for word in words)
        size = len(wanted)
        return any(
            all(map(self._is_form, wanted, words[at : at + size])) for at in range(len(words) - size + 1)
        )

    def _is_joined(self, wanted: _Word, word: _Word) -> bool:
        if word.stem.startswith(wanted.stem):
            return not self._cased or _same_case(wanted.text, word.text)
        return not self._cased and word.stem.endswith(wanted.stem)

    def _is_form(self, wanted: _Word, word: _Word) -> bool:
        if self._cased and not _same_case(wanted.text, word.text):
            return False
        if self._stemmed:
            return not wanted.stems.isdisjoint(word.stems)
        bare = word.stem
        for _ in range(_MOST_PREFIXES + 1):
            if bare == wanted.stem or _begin_alike(wanted.stem, bare):
                return True
            if bare[:1] not in self._prefixes or len(bare) <= 2:
                break
            bare = bare[1:]
        return False


def _at_edge(text: str, start: int, end: int) -> bool:
    return not text[start - 1 : start].isalnum() or not text[end : end + 1].isalnum()


def _common(one: str, other: str) -> int:
    """How many signs both begin with."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _begin_alike(word: str, other: str) -> bool:
    """Whether they differ in an ending alone."""
    ending = 2 if len(word) < 9 else 3
    alike = _common(word, other)
    return alike >= max(3, len(word) - ending) and len(other) - alike <= (3 if len(word) < 5 else 6)


def _same_case(wanted: str, word: str) -> bool:
    """Whether the capitals are the same in what both begin with."""
    alike = _common(wanted.casefold(), word.casefold())
    return wanted[:alike] == word[:alike]


def _with_endings(name: str) -> re.Pattern[str]:
    """The name with a short ending, which may be in the place of its last vowel."""
    name = composed(name).strip()
    stem = name[:-1] if len(name) > 3 and name[-1] in "aeiouyаеиоуыяё" else name
    return re.compile(rf"(?<!\w){re.escape(stem)}[^\W\d_]{{0,3}}(?!\w)")
