"""A translator of a few words that applies a glossary as Gemini is asked to, for Gemini's double."""

from __future__ import annotations

import re
from typing import Any

from schema.vtt.glossary import Term, find_terms

_PHRASES = {
    "red house": "casa roja",
    "old hill": "cerro viejo",
    "old woman": "mujer vieja",
    "house": "casa",
    "houses": "casas",
    "dog": "perro",
    "red": "rojo",
    "old": "viejo",
}


def answer(instruction: str, question: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer to a question of `GeminiTranslator`."""
    terms = [
        Term(
            entry["source"],
            entry.get("target", ""),
            case_sensitive=entry.get("case_sensitive", False),
            do_not_translate=entry.get("keep", False),
            forbidden="never" in entry,
        )
        for entry in question["glossary"]
    ]
    return [{"id": line["id"], "text": spanish(line["text"], terms)} for line in question["lines"]]


def spanish(text: str, terms: list[Term]) -> str:
    pieces: list[str] = []
    at = 0
    for match in find_terms(text, terms, "en"):
        wanted = match.term.wanted
        if text[match.start].isupper() and match.term.source[0].islower():
            wanted = wanted[0].upper() + wanted[1:]
        pieces += [_words(text[at : match.start]), wanted]
        at = match.end
    return "".join([*pieces, _words(text[at:])])


def _words(text: str) -> str:
    longest_first = sorted(_PHRASES, key=len, reverse=True)
    pattern = re.compile(rf"\b({'|'.join(longest_first)})\b", re.IGNORECASE)
    return pattern.sub(lambda found: _PHRASES[found[0].lower()], text)
