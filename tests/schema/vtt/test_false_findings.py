"""What is no fault is not found, and what is found has a fix that leaves every word."""

from __future__ import annotations

import pytest

from schema.findings import Finding
from schema.vtt import Cue, Document
from schema.vtt.quality import check_captions, check_description


def found(*texts: str, language: str = "en") -> list[Finding]:
    cues = [Cue("", 5000 * at, 5000 * at + 4000, text) for at, text in enumerate(texts, 1)]
    return check_captions(Document.of(cues), language=language)


def rules(*texts: str, language: str = "en") -> list[str]:
    return [finding.rule for finding in found(*texts, language=language)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "and then he said\n...nothing at all."),
        ("en", "He waited\n…and waited."),
        ("en", "a caliber\n.45 inches"),
        ("en", "a law that was passed in 1990\nand that is still in force"),
        ("en", "There were 7\nof them."),
        ("de", "Man braucht dazu Wasser\nBrot und Salz."),
        ("de", "wegen der Arbeit\nZeit zu verlieren"),
        ("en", "the whole of the U.S.\nand Canada"),
    ],
)
def test_a_line_may_end_there(language: str, text: str) -> None:
    assert rules(text, language=language) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You know who that is: Maria\nCallas is on the stage."),
        ("en", "There are at least 500\npeople on the square."),
        ("en", "He said it again\n, and then he left."),
        ("de", "Sie wurde am 24.\nDezember geboren."),
        ("en", "It was written by J.\nRowling."),
    ],
)
def test_a_line_may_not_end_there(language: str, text: str) -> None:
    assert rules(text, language=language) == ["line_break"]


def test_a_description_in_parentheses_is_asked_about_and_not_refused() -> None:
    text = "(Maria puts the letter into her pocket and walks away.)"
    (finding,) = check_description(Document.of([Cue("", 0, 9000, text)]))
    assert (finding.rule, finding.severity) == ("description_parentheses", "warning")
