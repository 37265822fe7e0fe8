"""What a glossary version says about one language."""

from __future__ import annotations

from uuid import uuid4

import pytest

from schema.queries.glossaries import of_language
from schema.tables import GlossaryTerm
from schema.vtt import Document, parse
from schema.vtt.quality import check_translation


def row(source: str, targets: dict[str, str], *, forbidden: bool = False) -> GlossaryTerm:
    return GlossaryTerm(version_id=uuid4(), source=source, targets=targets, forbidden=forbidden)


def text_of(line: str) -> Document:
    return parse(f"WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\n{line}\n").document


def test_a_word_that_is_forbidden_in_one_language_is_forbidden_in_no_other() -> None:
    """As TBX has it of a concept with a deprecated term: French has the source's own word."""
    rows = [row("mobile", {"de": "Handy"}, forbidden=True)]
    french = text_of("Éteignez votre mobile."), of_language(rows, "fr")
    german = text_of("Schalten Sie Ihr Handy aus."), of_language(rows, "de")
    source, found = text_of("Switch off your mobile."), {}
    for code, (text, terms) in {"fr": french, "de": german}.items():
        found[code] = [each.rule for each in check_translation(source, text, "en", code, terms)]
    assert found == {"fr": [], "de": ["glossary_forbidden"]}


def test_a_word_that_is_forbidden_without_a_translation_is_so_in_every_language() -> None:
    terms = of_language([row("gig", {}, forbidden=True)], "fr")
    found = check_translation(text_of("The gig leaves."), text_of("Le gig part."), "en", "fr", terms)
    assert [each.rule for each in found] == ["glossary_forbidden"]


@pytest.mark.parametrize(
    ("column", "language", "word", "stands_in"),
    [
        ("zh", "zh-Hant", "软件", False),
        ("zh", "zh-TW", "软件", False),
        ("zh", "zh-TW", "雲端", True),
        ("zh", "zh-CN", "软件", True),
        ("yue", "yue-Hans", "軟件", False),
        ("sr", "sr-Latn", "софтвер", False),
        ("sr", "sr-Latn", "softver", True),
        ("sr", "sr-ME", "iPhone 17", True),
        ("pa", "pa-PK", "ਸਾਫਟਵੇਅਰ", False),
        ("pt", "pt-BR", "software", True),
    ],
)
def test_a_column_stands_in_for_another_script_with_what_that_writes_alone(
    column: str, language: str, word: str, stands_in: bool
) -> None:
    """Nobody is held to write simplified signs in a traditional text, nor Cyrillic words in a Latin one."""
    (term, *rest) = of_language([row("gig", {column: word}), row("gig", {}, forbidden=True)], language)
    assert (term.target, len(rest)) == ((word, 1) if stands_in else ("", 0))
