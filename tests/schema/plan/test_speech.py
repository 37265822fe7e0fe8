"""What counts as speech, and where sentences end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.contracts.media import Span
from schema.plan.gaps import find_gaps
from schema.plan.model import Timebase
from schema.plan.profile import NETFLIX
from schema.plan.speech import Speech, find_speech, is_spoken
from schema.vtt.words import Word
from tests.schema.plan.scripts import say

ONE = Timebase(rate=1000, grid=1)
"""A tick is a millisecond."""


@dataclass(frozen=True)
class Caption:
    start_ms: int
    end_ms: int
    text: str


def intervals(speech: Speech) -> list[tuple[int, int]]:
    return list(zip(speech.starts, speech.ends, strict=True))


def test_words_that_touch_or_overlap_are_one_interval() -> None:
    speech = find_speech(say((0, 500, "one"), (500, 900, "two"), (800, 1200, "three")), (), ONE)
    assert intervals(speech) == [(0, 1200)]


def test_a_sentence_end_between_touching_words_is_a_boundary() -> None:
    speech = find_speech(say((0, 500, "One."), (500, 900, "Two")), (), ONE)
    assert intervals(speech) == [(0, 500), (500, 900)]
    assert speech.closes == (True, True)


def test_words_count_whatever_their_confidence_and_length() -> None:
    words = [
        Word(text="uh", start_ms=100, end_ms=100, confidence=0.0),
        Word(text="b", start_ms=900, end_ms=950),
    ]
    assert intervals(find_speech(words, (), ONE)) == [(100, 101), (900, 950)]


def test_words_may_come_in_any_order() -> None:
    assert intervals(find_speech(say((900, 1000, "b"), (0, 500, "a")), (), ONE)) == [(0, 500), (900, 1000)]


@pytest.mark.parametrize(
    ("text", "said", "sung"),
    [
        ("Hello.", True, False),
        ("<v Ann>Hello.</v>", True, False),
        ("[door slams]", False, False),
        ("(sighs)", False, False),
        ("[ANN] Hello.", True, False),
        ("♪ happy birthday ♪", True, True),
        ("♪♪", False, False),
        ("♪ [upbeat music] ♪", False, False),
        ("♪", False, False),
        ("", False, False),
        ("【拍手】", False, False),
        ("［音楽］", False, False),
        ("♫ la la ♫", True, True),
        ("♫ ♫", False, False),
    ],
)
def test_captions_that_are_spoken(text: str, said: bool, sung: bool) -> None:
    assert is_spoken(text) == (said, sung)


def test_a_dialogue_cue_that_no_word_covers_is_speech_as_a_whole() -> None:
    captions = [
        Caption(1000, 3000, "Mumbled."),
        Caption(5000, 7000, "Clear."),
        Caption(8000, 9000, "[thunder]"),
    ]
    speech = find_speech(say((5500, 6000, "Clear")), captions, ONE)
    assert intervals(speech) == [(1000, 3000), (5500, 6000)]


def test_lyrics_are_speech_even_where_words_were_heard() -> None:
    speech = find_speech(say((1500, 1700, "la")), [Caption(1000, 3000, "♪ la la la ♪")], ONE)
    assert intervals(speech) == [(1000, 3000)]


def test_a_caption_closes_the_sentence_of_bare_words() -> None:
    words = say((0, 400, "hello"), (500, 900, "there"), (1000, 1400, "you"))
    speech = find_speech(words, [Caption(0, 900, "Hello there."), Caption(1000, 1400, "You…")], ONE)
    assert speech.closes == (False, True, True)


def test_without_punctuation_a_silence_of_700_ms_ends_a_sentence() -> None:
    words = say((0, 400, "a"), (1099, 1400, "b"), (2100, 2500, "c"))
    assert find_speech(words, (), ONE).closes == (False, True, True)


def test_with_punctuation_it_does_not_but_two_seconds_do() -> None:
    words = say((0, 400, "Well"), (1400, 1800, "I"), (3800, 4000, "see."))
    assert find_speech(words, (), ONE).closes == (False, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "end.",
        "end?",
        "end!",
        "end…",
        'end."',
        "end.)",
        "結束。",
        "ماذا؟",
        "समाप्त।",
        "ختم۔",
        "終わり｡",
        "ပြီး။",
    ],
)
def test_sentence_ends_in_many_scripts(text: str) -> None:
    assert find_speech(say((0, 400, text), (410, 500, "next"), (510, 600, "end.")), (), ONE).closes[0]


@pytest.mark.parametrize("text", ["Mr.", "(Mrs.", "Dr.", "Sra.", "prof."])
def test_a_title_ends_no_sentence(text: str) -> None:
    """So that no pause point lies before the name."""
    words = say((0, 400, "Hello,"), (400, 800, text), (800, 1500, "Smith."), (1600, 1700, "Yes."))
    assert intervals(find_speech(words, (), ONE)) == [(0, 1500), (1600, 1700)]


def test_room_is_what_the_margins_leave_and_none_at_the_programmes_edges() -> None:
    gaps = find_gaps(
        find_speech(say((1000, 2000, "A."), (2300, 3000, "B."), (4000, 5000, "C.")), (), ONE),
        6000,
        ONE,
        NETFLIX,
    )
    rooms = [(q.room_start, q.room_end) for q in gaps.rooms_between(0, 6000)]
    assert rooms == [(0, 800), (3200, 3800), (5200, 6000)]
    assert (gaps.quiet(1).room_start, gaps.quiet(1).room_end) == (2200, 2100)


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 900), st.booleans()), max_size=30))
def test_intervals_are_disjoint_in_order_and_cover_every_word(spoken: list[tuple[int, int, bool]]) -> None:
    words = [Word(text="a." if end else "a", start_ms=at, end_ms=at + length) for at, length, end in spoken]
    speech = find_speech(words, (), ONE)
    assert all(a < b for a, b in intervals(speech))
    assert all(a <= b for a, b in zip(speech.ends, speech.starts[1:], strict=False))
    for word in words:
        assert any(a <= word.start_ms and word.end_ms <= b for a, b in intervals(speech))
    heard = {tick for word in words for tick in range(word.start_ms, max(word.end_ms, word.start_ms + 1))}
    assert sum(b - a for a, b in intervals(speech)) == len(heard)


def test_a_voice_without_words_is_speech() -> None:
    words = say((1000, 1500, "Here."))
    voiced = [Span(start_ms=900, end_ms=1600), Span(start_ms=4000, end_ms=5000)]
    speech = find_speech(words, (), ONE, voiced=voiced)
    assert intervals(speech) == [(900, 1600), (4000, 5000)]
    assert speech.closes == (True, True)


def test_a_voice_between_words_leaves_the_ends_of_sentences() -> None:
    """What lies between two words belongs to the first, and what is too long for that was missed."""
    words = say((0, 400, "One."), (600, 1000, "Two."), (3000, 3200, "Three."))
    speech = find_speech(words, (), ONE, voiced=[Span(start_ms=0, end_ms=3300)])
    assert intervals(speech) == [(0, 600), (600, 1000), (1000, 3300)]
    assert speech.closes == (True, True, True)


def test_words_and_captions_outside_voices_are_speech_still() -> None:
    captions = [Caption(8000, 9000, "Whispered.")]
    speech = find_speech(
        say((0, 400, "One."), (2000, 2500, "two")), captions, ONE, voiced=[Span(start_ms=2200, end_ms=2600)]
    )
    assert intervals(speech) == [(0, 400), (2000, 2600), (8000, 9000)]


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 400), st.sampled_from(["a", "b."])), max_size=12),
    st.lists(st.tuples(st.integers(1, 900), st.integers(1, 900)), max_size=6),
)
def test_nothing_that_is_voiced_or_said_is_left_out(
    said: list[tuple[int, int, str]], stretches: list[tuple[int, int]]
) -> None:
    words = say(*((start, start + length, text) for start, length, text in said))
    voiced, at = [], 0
    for gap, length in stretches:
        voiced.append(Span(start_ms=at + gap, end_ms=at + gap + length))
        at += gap + length
    speech = find_speech(words, (), ONE, voiced=voiced)
    found = {ms for start, end in zip(speech.starts, speech.ends, strict=True) for ms in range(start, end)}
    wanted = {ms for one in (*words, *voiced) for ms in range(one.start_ms, one.end_ms)}
    assert found == wanted
    assert all(a <= b for a, b in zip(speech.ends, speech.starts[1:], strict=False))
