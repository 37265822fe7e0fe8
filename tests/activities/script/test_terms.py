"""The client's terms that stand in what is said."""

from __future__ import annotations

import pytest

from activities.texts.script.terms import terms_in
from schema.glossary.row import TermRow
from tests.activities.script.kit import sight, spoken, word


@pytest.mark.parametrize(
    ("language", "words", "term", "found"),
    [
        ("ja", ["灯台", "守", "です"], "灯台守", True),
        ("zh", ["灯", "塔", "看守人"], "灯塔看守人", True),
        ("ja", ["NHK", "News", "です"], "NHK News", True),
        ("en", ["the", "light", "house"], "light house", True),
        ("en", ["the", "light", "house"], "lighthouse", False),
    ],
)
def test_a_term_of_several_words_is_found(language: str, words: list[str], term: str, found: bool) -> None:
    transcript = spoken(*(word(text, number) for number, text in enumerate(words)))
    transcript = transcript.model_copy(update={"language": language})
    seen = sight(None).model_copy(update={"language": language})
    assert [each["term"] for each in terms_in([TermRow(term)], seen, transcript)] == [term] * found
