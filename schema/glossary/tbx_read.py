"""Terms in TBX-Basic (ISO 30042): version 2 (`martif`) and version 3 (`tbx`, DCA or DCT style).

Of a concept, each term in the source language that is in use is a term of its own, and the first of each other language
the translation of them all. Further terms in use of those are its allowed forms; deprecated and superseded ones are
forbidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from schema.contracts.bounds import lines, normalise_language, one_line
from schema.errors import FieldError, Invalid
from schema.glossary.reading import MOST_ROWS, Sheet, TermList
from schema.glossary.row import (
    FORM_CHARS,
    MOST_FORMS,
    NOTES_CHARS,
    PART_OF_SPEECH_CHARS,
    TERM_CHARS,
    TermRow,
    folded,
)

_CONCEPTS = frozenset({"termEntry", "conceptEntry"})
_LANGUAGES = frozenset({"langSet", "langSec"})
_TERMS = frozenset({"tig", "ntig", "termSec"})
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_AVOIDED = ("deprecated", "superseded")
_MOST_CHILDREN = 5000


@dataclass(slots=True)
class _Named:
    """One term of a concept."""

    text: str
    part_of_speech: str | None = None
    avoided: bool = False
    notes: list[str] = field(default_factory=list)


def read(file: BinaryIO, source_language: str) -> Sheet:
    """
    Raises:
        Invalid: it is no TBX, or naming every concept that cannot be taken.
    """
    terms = TermList()
    seen = 0
    try:
        for concept in _concepts(file):
            seen += 1
            if seen > MOST_ROWS:
                raise Invalid(f"The file has more than {MOST_ROWS} concepts: divide it.")
            place = f"concept {concept.get('id') or seen}"[:80]
            try:
                for row in _rows(concept, source_language):
                    terms.add(place, row)
            except ValueError as error:
                terms.faults.add(place, str(error))
            concept.clear()
    except DefusedXmlException as error:
        raise Invalid(
            "The file declares entities in its XML, which are not read: save it without."
        ) from error
    except ParseError as error:
        line = error.position[0]
        why = f"The file is no XML: {error}."
        raise Invalid(why, errors=[FieldError(f"line {line}", why)]) from None
    except (LookupError, UnicodeError) as error:
        raise Invalid(f"The file is in a coding that is not known: save it in UTF-8 ({error}).") from None
    if not seen:
        raise Invalid("The file is XML, and no TBX-Basic: it has neither a termEntry nor a conceptEntry.")
    return terms.whole()


def _concepts(file: BinaryIO) -> Iterator[Any]:
    """One at a time: a concept that has been read is let go of."""
    parents: list[Any] = []
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=False):
        if event == "start":
            parents.append(element)
            if (
                len(parents) > 100
                or len(parents[-2] if len(parents) > 1 else ()) > MOST_ROWS + _MOST_CHILDREN
            ):
                raise Invalid("The file is nested too deep, or too long, for TBX.")
            continue
        parents.pop()
        if _name(element) in _CONCEPTS:
            yield element
            if parents:
                parents[-1].remove(element)


def _name(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _rows(concept: Any, source_language: str) -> Iterator[TermRow]:
    """
    Raises:
        ValueError: it has no term in the source language, or something in it is too long or cannot be kept.
    """
    notes = [_text(each, NOTES_CHARS, prose=True) for each in concept if _name(each) in ("note", "descrip")]
    by_language: dict[str, list[_Named]] = {}
    for section in (each for each in concept if _name(each) in _LANGUAGES):
        code = normalise_language(section.get(_LANG) or section.get("lang") or "")
        by_language.setdefault(code, []).extend(_named(term) for term in section if _name(term) in _TERMS)
    sources: dict[tuple[str, str], _Named] = {}
    for term in by_language.pop(source_language, []):
        if not term.avoided:
            sources.setdefault((folded(term.text), folded(term.part_of_speech or "")), term)
    if not sources:
        raise ValueError(f"it has no term in {source_language}, the glossary's source language")
    targets: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    for code, terms in by_language.items():
        used = list(dict.fromkeys(term.text for term in terms if not term.avoided))
        if used:
            targets[code] = used[0]
        if len(used) > 1:
            forms[code] = _forms(used[1:])
    avoided = [
        {code: text}
        for code, terms in by_language.items()
        for text in dict.fromkeys(term.text for term in terms if term.avoided)
    ]
    forbidden: set[str] = set()
    for source in sources.values():
        told = _notes(notes, source)
        if targets:
            yield TermRow(source.text, targets, told, part_of_speech=source.part_of_speech, forms=forms)
        for each in avoided if folded(source.text) not in forbidden else ():
            yield TermRow(source.text, each, told, forbidden=True)
        forbidden.add(folded(source.text))


def _notes(of_concept: list[str], source: _Named) -> str | None:
    told = "\n".join(dict.fromkeys([*of_concept, *source.notes]))
    if len(told) > NOTES_CHARS:
        raise ValueError(f"its notes have {len(told)} characters, and at most {NOTES_CHARS} are taken")
    return told or None


def _forms(texts: list[str]) -> tuple[str, ...]:
    if len(texts) > MOST_FORMS or any(len(text) > FORM_CHARS for text in texts):
        raise ValueError(
            f"at most {MOST_FORMS} further terms of {FORM_CHARS} characters are taken of a language"
        )
    return tuple(texts)


def _named(section: Any) -> _Named:
    texts = [each for each in section.iter() if _name(each) == "term"]
    if not texts:
        raise ValueError("one of its sections has no term")
    found = _Named(_text(texts[0], TERM_CHARS))
    if not found.text:
        raise ValueError("one of its terms is empty")
    for each in section.iter():
        kind = each.get("type") or _name(each)
        if kind == "partOfSpeech":
            found.part_of_speech = _text(each, PART_OF_SPEECH_CHARS) or None
        elif kind == "administrativeStatus":
            found.avoided = "".join(each.itertext()).strip().lower().startswith(_AVOIDED)
        elif _name(each) == "note":
            found.notes.append(_text(each, NOTES_CHARS, prose=True))
    return found


def _text(element: Any, limit: int, *, prose: bool = False) -> str:
    text = "".join(element.itertext()).strip()
    if len(text) > limit:
        raise ValueError(f"a text has {len(text)} characters, and at most {limit} are taken")
    return lines(text) if prose else one_line(" ".join(text.split()))
