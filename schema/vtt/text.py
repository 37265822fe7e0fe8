"""Counting and dividing text as its language does."""

from __future__ import annotations

import re

import regex

_CHINESE = frozenset({"zh", "cmn", "yue", "wuu"})
UNSPACED = _CHINESE | {"ja", "th", "lo", "km", "my"}
"""Languages that write no spaces between words."""
BETWEEN_SYLLABLES = _CHINESE | {"ja"}
"""Those of them whose lines may end after any character, but for what linguistics forbids."""

DOTTED_I = frozenset({"tr", "az", "crh", "gag", "tt"})
"""Languages with two letters, i and ı, whose capitals are İ and I."""

_WIDE = re.compile("[^\x00-\u02ff]")
_INVISIBLE = regex.compile(
    r"(?V1)[\p{Default_Ignorable_Code_Point}--[\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f]]"
)
"""Marks of direction, places for a break, soft hyphens; not what joins and varies the signs of one grapheme."""
_UNPRINTABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]")
_TURNS = regex.compile(r"[\u202a-\u202e]")
"""Embeddings and overrides of direction: what is not closed turns what stands beside it."""
_GRAPHEME = regex.compile(r"\X")
_WORD = regex.compile(
    r"[\p{L}\p{N}\p{M}]+(?:(?:['’.,:/\-‐‑·‧\u05be\u05f3\u05f4]|[\u00ad\u200c\u200d\u2060]+|(?<=\p{Hebrew})\"(?=\p{Hebrew}))"
    r"[\p{L}\p{N}\p{M}]+)*"
)
"""Joined by what stands inside a word: Catalan's middle dot, Hebrew's marks of abbreviation, Persian's non-joiner."""
_LETTER = regex.compile(r"[\p{L}\p{N}]")
CLOSES = regex.compile(r"[\p{Pe}\p{Pf}\p{Terminal_Punctuation}…'\"%]+")
OPENS = regex.compile(r"[\p{Ps}\p{Pi}¿¡]+")
"""Signs alone, which belong to the word before and to the word after."""
_WORD_END = regex.compile(r"[\p{L}\p{N}\p{M}]\Z")
_CHARS_A_WORD = {"zh": 1.6, "ja": 2.5, "th": 4.0, "lo": 4.0, "km": 4.0, "my": 4.0}
"""Where there are no spaces, a word is so many characters: a convention for rates in words a minute."""


_DOTTED = str.maketrans("İI", "iı")

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


def primary(language: str) -> str:
    """The first subtag, lower case: `pt` of `pt-BR`."""
    return language.replace("_", "-").split("-", 1)[0].lower()


def written_as(language: str) -> str:
    """The language whose conventions of writing hold: Mandarin (`cmn`), Cantonese and Wu are written as Chinese."""
    spoken = primary(language)
    return "zh" if spoken in _CHINESE else spoken


def small_letters(text: str, language: str) -> str:
    """The text in small letters, as the language has them."""
    return (text.translate(_DOTTED) if primary(language) in DOTTED_I else text).lower()


def with_capital(text: str, language: str) -> str:
    """The text as it begins a sentence. Georgian has none of its capitals there."""
    if primary(language) in DOTTED_I and text[:1] == "i":
        return "İ" + text[1:]
    if primary(language) == "nl" and text[:2] == "ij":
        return "IJ" + text[2:]
    return text[:1].title() + text[1:]


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


def visible(text: str) -> str:
    """Without soft hyphens, marks of direction and the like; what joins and parts the signs of a word stays."""
    return text if text.isascii() else str(_INVISIBLE.sub("", text))


def flat(text: str, language: str) -> str:
    """On one line, without invisible characters, as words stand beside each other that a line end parts."""
    lines = [line.strip() for line in visible(text).split("\n")]
    joined = lines[0]
    for line in lines[1:]:
        joined += joint(joined, line, language) + line
    return joined


def joint(left: str, right: str, language: str) -> str:
    """What stands between two words of a line: a space, or in unspaced scripts nothing, but for two Latin words."""
    if primary(language) not in UNSPACED:
        return " "
    latin = left[-1:].isascii() and right[:1].isascii() and right[:1].isalnum()
    return " " if latin else ""
