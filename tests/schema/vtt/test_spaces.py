"""No-break spaces are signs of the text: kept, and no place for a line's end."""

from __future__ import annotations

from fractions import Fraction

import pytest

from schema.vtt import PROFILES, Cue, Document, Word, segment
from schema.vtt.formats import read_dapt, read_srt, write_dapt, write_srt
from schema.vtt.linebreak import wrap

TEXTS = [
    ("fr", "Où est-il parti, s'il vous plaît\u00a0?", "plaît\u00a0?"),
    ("fr", "La maison coûtait alors 100\u00a0000\u00a0€ au moins.", "100\u00a0000\u00a0€"),
    ("fr", "Il m'a demandé\u202f: «\u202fPourquoi\u202f?\u202f»", "demandé\u202f:"),
    ("en", "Drive on for about 100\u00a0km and turn to the left.", "100\u00a0km"),
]


@pytest.mark.parametrize(("language", "text", "kept"), TEXTS)
def test_no_line_ends_at_a_no_break_space(language: str, text: str, kept: str) -> None:
    for limit in range(16, 42):
        lines = wrap(text, language, limit, 4)
        assert lines is None or any(kept in line for line in lines)
    words = [
        Word(text=word, start_ms=400 * at, end_ms=400 * at + 300) for at, word in enumerate(text.split(" "))
    ]
    cues = segment(words, PROFILES["dcmp"], language, Fraction(24))
    assert any(kept in line for cue in cues for line in cue.plain.split("\n"))


def test_wide_spaces_of_east_asian_text_stay_or_give_way_to_a_line_end() -> None:
    text = "今日は天気がいい\u3000散歩に行こう"
    assert wrap(text, "ja", 12, 2) == ["今日は天気がいい", "散歩に行こう"]
    assert wrap(text, "ja", 23, 2) == [text]


@pytest.mark.parametrize("text", [*(text for _, text, _ in TEXTS), "\u3000行こう\u3000と\u00a0"])
def test_every_format_keeps_them(text: str) -> None:
    document = Document.of([Cue("a", 0, 4000, text)])
    assert read_dapt(write_dapt(document, "fr").text).document.cues[0].text == text
    assert read_srt(write_srt(document).text).document.cues[0].text == text
