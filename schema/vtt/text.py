"""Counting and dividing text as its language does."""

from __future__ import annotations

import re

import regex

_CHINESE = frozenset({"zh", "cmn", "yue", "wuu"})
UNSPACED = _CHINESE | {"ja", "th", "lo", "km", "my"}
"""Languages that write no spaces between words."""
BETWEEN_SYLLABLES = _CHINESE | {"ja"}
"""Those of them whose lines may end after any character, but for what linguistics forbids."""

_WIDE = re.compile("[^\x00-\u02ff]")
_INVISIBLE = regex.compile(
    r"(?V1)[\p{Default_Ignorable_Code_Point}--[\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f]]"
)
"""Marks of direction, places for a break, soft hyphens; not what joins and varies the signs of one grapheme."""
_UNPRINTABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]")
_TURNS = regex.compile(r"[\u202a-\u202e]")
"""Embeddings and overrides of direction: what is not closed turns what stands beside it."""
_GRAPHEME = regex.compile(r"\X")
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’.,:/\-][\p{L}\p{N}\p{M}]+)*")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
CLOSES = regex.compile(r"[\p{Pe}\p{Pf}\p{Terminal_Punctuation}…'\"%]+")
OPENS = regex.compile(r"[\p{Ps}\p{Pi}¿¡]+")
"""Signs alone, which belong to the word before and to the word after."""
_WORD_END = regex.compile(r"[\p{L}\p{N}\p{M}]\Z")
_CHARS_A_WORD = {"zh": 1.6, "ja": 2.5, "th": 4.0, "lo": 4.0, "km": 4.0, "my": 4.0}
"""Where there are no spaces, a word is so many characters: a convention for rates in words a minute."""


SPACES = r"[^\S\u00a0\u2007\u202f\u3000]"
"""White space where a line may end, as a class of a pattern: no-break spaces and the wide space of East Asian text are
signs of the text."""
_SPACES = re.compile(f"{SPACES}+")


def split_spaces(text: str) -> list[str]:
    """What stands between white space, with the no-break spaces that are in it."""
    return [part for part in _SPACES.split(text) if part]


def one_line(text: str) -> str:
    """What a model wrote or a picture shows, on one line, without what nobody can print. What is not seen and stands
    inside a word, such as the non-joiner of Persian or a soft hyphen, stays: a space would divide the word."""
    return " ".join(split_spaces(_UNPRINTABLE.sub(" ", _TURNS.sub("", text))))


def without_invisible(text: str) -> str:
    """Without marks of direction, places for a break and soft hyphens, which nobody says."""
    return str(_INVISIBLE.sub("", text))


def primary(language: str) -> str:
    """The first subtag, lower case: `pt` of `pt-BR`."""
    return language.replace("_", "-").split("-", 1)[0].lower()


def written_as(language: str) -> str:
    """The language whose conventions of writing hold: Mandarin (`cmn`), Cantonese and Wu are written as Chinese."""
    spoken = primary(language)
    return "zh" if spoken in _CHINESE else spoken


def graphemes(text: str) -> int:
    """Characters as a reader counts them (UAX #29 extended grapheme clusters); line ends and invisible characters are
    left out."""
    if "\n" in text:
        text = text.replace("\n", "")
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return len(_GRAPHEME.findall(text)) if _WIDE.search(text) else len(text)


def words_of(text: str) -> list[str]:
    """Words of a spaced script, without their punctuation."""
    return list(_WORD.findall(text))


def word_count(text: str, language: str) -> float:
    """How many words there are to say. In unspaced scripts an estimate from characters."""
    lang = primary(language)
    if lang not in UNSPACED:
        return float(len(words_of(text)))
    return len(_LETTER.findall(text)) / _CHARS_A_WORD[written_as(lang)]


def has_letters(text: str) -> bool:
    """Whether there is anything to say."""
    return _LETTER.search(text) is not None


def ends_in_word(text: str) -> bool:
    """Whether it ends in a letter or digit, with what stands over or under it: no mark closes it."""
    return _WORD_END.search(text, max(0, len(text) - 1)) is not None


def joint(left: str, right: str, language: str) -> str:
    """What stands between two words of a line: a space, or in unspaced scripts nothing, but for two Latin words."""
    if primary(language) not in UNSPACED:
        return " "
    latin = left[-1:].isascii() and right[:1].isascii() and right[:1].isalnum()
    return " " if latin else ""
