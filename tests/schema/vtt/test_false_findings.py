"""What is no fault is not found, and what is found has a fix that leaves every word."""

from __future__ import annotations

import pytest

from schema.findings import Finding
from schema.vtt import Cue, Document
from schema.vtt.quality import check_captions, check_description
from schema.vtt.text import graphemes, word_count


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
        ("en", "He waited\n... and waited."),
        ("en", "In 1990\nMaria left the town."),
        ("en", "We met at 7:30\nnear the bridge."),
        ("en", "The room 101\nis over there."),
        ("sv", "Av alla kom bara 7\noch de gick."),
        ("ru", "Он ушёл в 90\nи не вернулся."),
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


@pytest.mark.parametrize(
    "text",
    [
        "(Maria puts the letter into her pocket and walks away.)",
        "[Maria leaves the room.]",
        "（男は歩く。）",
        "【男は歩く。】",
    ],
)
def test_a_description_in_brackets_is_asked_about_and_not_refused(text: str) -> None:
    (finding,) = check_description(Document.of([Cue("", 0, 9000, text)]))
    assert (finding.rule, finding.severity) == ("description_parentheses", "warning")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "(ou du moins, elle le serait)"),
        ("fr", "Elle est riche\n(presque)"),
        ("en", "He came back\n(three years later)"),
        ("en", "(or so they said)"),
        ("en", "(I know you did it)"),
        ("en", "(1990)"),
        ("en", "It was over (at last)."),
        ("en", "#MeToo started years before that"),
        ("en", "#1 in the charts"),
        ("en", "# 1 in the charts"),
        ("en", "#one #two"),
        ("en", "(Part 2)"),
        ("en", "(x + y)"),
        ("fr", "(c'est vrai)"),
        ("en", "- ♪ La la la ♪\n- Do you hear that?"),
        ("en", "[♪]"),
        ("en", "[Ann singing] ♪ La la la ♪"),
        ("en", "[singing]\n♪ La la la ♪"),
        ("en", "Listen! ♪ La la la ♪"),
        ("ru", "— ♪ Ля-ля-ля ♪\n— Слышишь?"),
        ("en", "WARNING: wet floor"),
        ("en", "NASA: the agency"),
    ],
)
def test_asides_hashtags_and_headings_are_text(language: str, text: str) -> None:
    assert rules(text, language=language) == []


@pytest.mark.parametrize(
    ("language", "text", "fixed"),
    [
        ("en", "(laughs)", "[laughs]"),
        ("en", "(THE DOOR OPENS BEHIND HIM)", "[THE DOOR OPENS BEHIND HIM]"),
        ("en", "He is gone.\n(door slams)", "He is gone.\n[door slams]"),
        ("en", "- (sighs)\n- What (again)?", "- [sighs]\n- What (again)?"),
        ("fr", "(rires &amp; cris)", "[rires &amp; cris]"),
        ("ja", "(笑い声)", "[笑い声]"),
    ],
)
def test_sounds_in_parentheses_are_found(language: str, text: str, fixed: str) -> None:
    (finding,) = found(text, language=language)
    assert finding.rule == "sound_brackets"
    assert finding.fix is not None
    assert finding.fix.text == fixed


@pytest.mark.parametrize("text", ["♪ La la la\n- Hi", "- La la la ♪"])
def test_what_is_said_beside_a_song_is_not_made_a_song(text: str) -> None:
    (finding,) = found(text)
    assert (finding.rule, finding.fix) == ("lyrics", None)


def test_a_speaker_in_the_text_is_known_by_coming_back() -> None:
    findings = found(
        "ANN: Come in.", "Who is that?", "ANN: It is me.", "NASA: the agency", "ИВАН: Да.", "ИВАН: Да."
    )
    assert [(f.rule, f.cue_index, f.fix) for f in findings] == [
        ("speaker_label", index, None) for index in (0, 2, 4, 5)
    ]


@pytest.mark.parametrize(
    "signs", ["\u202b{}\u202c", "\u2067{}\u2069", "\u200f{}", "\ufeff{}", "{}\u200b", "{}\u00ad", "\u061c{}"]
)
@pytest.mark.parametrize(("language", "text"), [("ar", "م" * 42), ("th", "ก" * 35), ("en", "e\u0301" * 42)])
def test_invisible_characters_are_not_counted(language: str, text: str, signs: str) -> None:
    assert rules(signs.format(text), language=language) == []
    assert rules(signs.format(text + text[:2]), language=language) == ["line_length"]


@pytest.mark.parametrize(
    ("text", "count"), [("👩\u200d👩\u200d👧", 1), ("می\u200cخواهم", 7), ("❤\ufe0f", 1), ("क्षि", 1)]
)
def test_what_joins_signs_still_joins_them(text: str, count: int) -> None:
    assert graphemes(text) == count


def test_a_caption_that_is_as_long_as_it_may_be_leaves_a_gap() -> None:
    cues = [Cue("", 1000, 8000, "Hello there, everyone."), Cue("", 8120, 11_000, "Here we are again.")]
    assert check_captions(Document.of(cues)) == []


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("fa", "می\u200cخواهم کتاب\u200cهای خوب را ببینم", 5),
        ("ca", "El col·legi és intel·ligent", 4),
        ("he", 'צה״ל, צה"ל וג׳ירף', 3),
        ("si", "ශ්\u200dරී ලංකා", 2),
        ("de", "Donau\u00addampf\u00adschiff", 1),
        ("en", 'He said "no" - well-known, 3.5 km', 6),
    ],
)
def test_what_stands_inside_a_word_makes_no_two_of_it(language: str, text: str, words: int) -> None:
    assert word_count(text, language) == words
