"""Words of scripts that write none apart: by ICU's dictionaries, and in Japanese phrases, with their particles."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from schema.vtt.text import primary

if TYPE_CHECKING:
    from budoux import Parser


def words_apart(text: str, language: str = "") -> list[str]:
    """The words and signs of a text, in order; joined, they are the text. `language` tells Chinese from Japanese."""
    from icu4py.breakers import WordBreaker  # loaded where it is needed: most that import this divide nothing

    return list(WordBreaker(text, primary(language) or "en"))


def phrases(text: str, language: str) -> list[str]:
    """The parts between which a line may end: in Japanese a word with its particles, else words."""
    if primary(language) == "ja":
        return list(_japanese().parse(text))
    return words_apart(text, language)


def phrase_ends(text: str, language: str) -> frozenset[int]:
    """After how many characters of the text a phrase ends."""
    return frozenset(accumulate(map(len, phrases(text, language))))


@lru_cache(maxsize=1)
def _japanese() -> Parser:
    from budoux import load_default_japanese_parser

    return load_default_japanese_parser()
