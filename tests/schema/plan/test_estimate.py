"""Lengths before anything is spoken."""

from __future__ import annotations

import pytest

from schema.plan.estimate import VoiceRate, count_words, estimate_clip, estimate_ms, measure_rate, usual_rate
from schema.plan.model import Timebase

TEXT = "A woman in a red coat walks slowly across the empty square, and stops in front of a shop."


def test_english_is_about_160_words_a_minute() -> None:
    wpm = count_words(TEXT, "en") * 60_000 / estimate_ms(TEXT, usual_rate("en"))
    assert 145 < wpm < 215


def test_markup_and_spaces_take_no_time() -> None:
    marked = (
        "A  woman in a <i>red</i> coat\nwalks slowly across the empty square, and stops in front of a shop."
    )
    assert estimate_ms(marked, usual_rate("en")) == estimate_ms(TEXT, usual_rate("en"))


def test_a_number_takes_longer_than_its_digits_look() -> None:
    assert estimate_ms("In 1984.", usual_rate("en")) > estimate_ms("In abcd.", usual_rate("en"))


@pytest.mark.parametrize("text", ["", "  ", "<i></i>", "—", "…"])
def test_nothing_to_say(text: str) -> None:
    assert estimate_ms(text, usual_rate("en")) == 0


def test_pauses_between_sentences_count_but_not_after_the_last() -> None:
    voice = VoiceRate(900, sentence_pause_ms=350, clause_pause_ms=120)
    assert estimate_ms("One. Two.", voice) == 9 * 60_000 // 900 + 350
    assert estimate_ms("One, two.", voice) == 9 * 60_000 // 900 + 120


@pytest.mark.parametrize(
    ("digits", "words", "language"),
    [("1984年。", "一九八四年。", "zh"), ("2026년.", "이천이십육년.", "ko"), ("12月25日。", "じゅうにがつ二十五日。", "ja")],
)  # fmt: skip
def test_a_digit_is_a_syllable_or_two_where_characters_are(digits: str, words: str, language: str) -> None:
    rate = usual_rate(language)
    assert 0.7 < estimate_ms(digits, rate) / estimate_ms(words, rate) < 1.5


@pytest.mark.parametrize(
    ("text", "language"), [("男が部屋に入り、椅子に座る。", "ja"), ("一个男人走进房间坐下。", "zh-Hant")]
)
def test_scripts_without_spaces(text: str, language: str) -> None:
    assert 2000 < estimate_ms(text, usual_rate(language)) < 4000
    assert 4 <= count_words(text, language) <= 9


def test_a_measured_voice_predicts_its_own_clips() -> None:
    voice = VoiceRate(1234)
    texts = [TEXT, "He sits. She stands, and leaves.", "Night."]
    measured = measure_rate([(text, estimate_ms(text, voice)) for text in texts], usual_rate("en"))
    for text in texts:
        assert estimate_ms(text, measured) == pytest.approx(estimate_ms(text, voice), rel=0.01)


def test_without_clips_the_usual_rate_stands() -> None:
    assert measure_rate([], usual_rate("de")) == usual_rate("de")
    assert measure_rate([("", 0)], usual_rate("de")) == usual_rate("de")


def test_an_unknown_language_is_estimated_as_english() -> None:
    assert usual_rate("tlh") == usual_rate("en")


def test_an_estimate_is_a_clip_without_a_hash() -> None:
    made = estimate_clip("a", TEXT, usual_rate("en-GB"), Timebase(rate=44_100))
    assert made.sha256 is None
    assert made.length == Timebase(rate=44_100).to_ticks(estimate_ms(TEXT, usual_rate("en")))
