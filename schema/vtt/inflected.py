"""Regular inflections whose stems Snowball leaves apart, such as Portuguese `estações` of `estação`: for each word the
spellings of another form of it. Lenient, as all that is asked of a glossary's words is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from schema.vtt.text import primary

_ACUTE = str.maketrans("áàâéèêíìîóòôúùû", "aaaeeeiiiooouuu")
_PLAIN: Mapping[str, dict[int, int] | dict[int, str]] = {
    "es": _ACUTE,
    "pt": _ACUTE,
    "ca": _ACUTE,
    "ro": str.maketrans("ăâîșțşţ", "aaistst"),
    "fr": str.maketrans({"œ": "oe", "æ": "ae"}),
}
"""Signs that come and go with an ending, or are typed in two ways."""
_OTHERS = {
    language: [(re.compile(pattern), instead) for pattern, instead in rules]
    for language, rules in {
        "pt": [
            (r"(?:õe|ãe)s$", "ão"),
            (r"ns$", "m"),
            (r"ais$", "al"),
            (r"(?:eis|il)$", "el"),
            (r"ois$", "ol"),
            (r"uis$", "ul"),
        ],
        "es": [(r"ces$", "z"), (r"(?<=[dlnrsz])es$", "")],
        "ca": [(r"(?<=[aeiou])ns$", ""), (r"s$", "")],
        "it": [(r"(?<=[cg])h(?=[ei]$)", "")],
        "fr": [
            (r"aux$", "ail"),
            (r"ves?$", "f"),
            (r"trices?$", "teur"),
            (r"(?<=\w{3})elles?$", "eau"),
        ],
        "ro": [(r"zi$", "d")],
        "pl": [(r"(?<=[^aeiouyąęó])ek$", "ka"), (r"ce$", "ka"), (r"dze$", "ga")],
        "cs": [(r"ze$", "ha"), (r"ce$", "ka")],
    }.items()
}


def spellings(word: str, language: str) -> Iterator[str]:
    """Of a word in small letters, without itself."""
    spoken = primary(language)
    plain = word.translate(_PLAIN[spoken]) if spoken in _PLAIN else word
    if plain != word:
        yield plain
    for ending, instead in _OTHERS.get(spoken, ()):
        if (other := ending.sub(instead, plain)) != plain:
            yield other
