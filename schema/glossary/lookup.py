"""Which column of a glossary is for a language, and which stand in for it."""

from __future__ import annotations

from functools import lru_cache

import regex

from schema.vtt.quality.language import script_of

_LETTER = regex.compile(r"\p{L}")
_SIGNS_OF = {"Hans": "gb2312", "Hant": "big5"}
"""Codings of their own of scripts that Unicode does not tell apart: neither has signs that the other alone writes."""


@lru_cache(maxsize=512)
def columns_for(language: str) -> tuple[str, ...]:
    """The language's own and those that stand in for it, the nearest first (RFC 4647, section 3.4): `zh-Hant` and then
    `zh` for `zh-Hant-TW`. A region that writes otherwise than the language does is of its script first: `zh-TW` is of
    `zh-Hant`."""
    parts = language.split("-")
    found = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    if not any(len(part) == 4 and part.isalpha() for part in parts[1:]):
        script, usual = _written_in(language), _written_in(found[-1])
        if script != usual:
            found.insert(-1, f"{found[-1]}-{script}")
    return tuple(found)


@lru_cache(maxsize=1)
def of_regions() -> tuple[tuple[str, str], ...]:
    """Languages of a region that are written otherwise than the language is, each with what `columns_for` puts before
    that: `zh-TW` with `zh-Hant`."""
    from langcodes.data_dicts import LIKELY_SUBTAGS  # loaded where it is needed

    found = []
    for tag in LIKELY_SUBTAGS:
        language, _, region = tag.partition("-")
        if len(region) == 2 and language != "und" and len(columns := columns_for(tag)) == 3:
            found.append((tag, columns[1]))
    return tuple(sorted(found))


@lru_cache(maxsize=512)
def same_script(column: str, language: str) -> bool:
    """Whether both are written in one script, as far as their codes tell."""
    return _written_in(column) == _written_in(language)


def stands_in(word: str, column: str, language: str) -> bool:
    """Whether a word of a column can stand in a text of the language: simplified signs are none of a traditional text,
    nor Cyrillic letters of a Latin one, whereas a name in the text's own letters may be in any column."""
    if same_script(column, language):
        return True
    letters = script_of(language)
    if letters is None:
        return True
    own = letters.findall(word)
    if (signs := _SIGNS_OF.get(_written_in(language) or "")) and _written_in(column) in _SIGNS_OF:
        return _has("".join(own), signs)
    return len(own) == len(_LETTER.findall(word))


def _has(text: str, coding: str) -> bool:
    try:
        text.encode(coding)
    except UnicodeEncodeError:
        return False
    return True


def _written_in(language: str) -> str | None:
    from langcodes import Language  # loaded where it is needed

    try:
        return Language.get(language).maximize().script
    except ValueError:
        return None
