"""Two speakers in one caption, and speech that overlaps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from schema.vtt import PROFILES, Cue, Word, segment

RATE = Fraction(24)


def captions(*said: tuple[str, str, int, int]) -> list[Cue]:
    words = [
        Word(speaker=speaker, text=text, start_ms=start, end_ms=end) for speaker, text, start, end in said
    ]
    return segment(words, PROFILES["netflix"], "en", RATE)


def test_quick_exchanges_share_captions() -> None:
    said = [
        ("Ann" if n % 2 == 0 else "Tom", text, 1000 + 350 * n, 1250 + 350 * n)
        for n, text in enumerate(["Yes?", "No.", "Why?", "Guess.", "Me?", "You."])
    ]
    cues = captions(*said)
    assert [cue.text for cue in cues] == [
        "<v Ann>- Yes?</v>\n<v Tom>- No.</v>",
        "<v Ann>- Why?</v>\n<v Tom>- Guess.</v>",
        "<v Ann>- Me?</v>\n<v Tom>- You.</v>",
    ]
    assert [cue.start_ms for cue in cues] == [1000, 1700, 2400]
    assert all(cue.duration_ms >= 600 for cue in cues)


def test_slow_exchanges_do_not() -> None:
    cues = captions(("Ann", "Yes?", 1000, 1300), ("Tom", "No.", 3000, 3300))
    assert [cue.text for cue in cues] == ["<v Ann>Yes?", "<v Tom>No."]


def test_words_that_interleave_are_ordered_by_turns() -> None:
    cues = captions(
        ("Ann", "I", 1000, 1200),
        ("Tom", "But", 1100, 1300),
        ("Ann", "told", 1250, 1500),
        ("Tom", "you", 1350, 1600),
        ("Ann", "you.", 1550, 1800),
        ("Tom", "did.", 1650, 1900),
    )
    assert [(cue.start_ms, cue.text) for cue in cues] == [
        (1000, "<v Ann>- I told you.</v>\n<v Tom>- But you did.</v>")
    ]
    assert cues[0].end_ms >= 1900


def test_long_speech_at_once_is_shown_one_after_the_other() -> None:
    ann = "I never thought that it would come to this after all that we have done for them here."
    tom = "Nobody ever asked us what we thought about the whole of it, and nobody ever will ask."
    said = [("Ann", word, 1000 + 300 * n, 1250 + 300 * n) for n, word in enumerate(ann.split())]
    said += [("Tom", word, 1100 + 300 * n, 1350 + 300 * n) for n, word in enumerate(tom.split())]
    cues = captions(*sorted(said, key=lambda one: one[2]))
    assert " ".join(cue.plain.replace("\n", " ") for cue in cues) == f"{ann} {tom}"
    assert [cue.voice for cue in cues] == sorted(cue.voice or "" for cue in cues)
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(cues))


def test_an_interruption_between_two_sentences_stays_where_it_is() -> None:
    cues = captions(
        ("Ann", "Stop.", 1000, 1400),
        ("Tom", "No.", 1300, 1500),
        ("Ann", "Stop!", 1450, 1900),
    )
    assert [cue.text for cue in cues] == ["<v Ann>- Stop.</v>\n<v Tom>- No.</v>", "<v Ann>Stop!"]


def test_words_of_three_that_interleave_are_ordered_by_turns() -> None:
    said = {"Ann": ["I", "told", "you."], "Tom": ["But", "you", "did."], "Kim": ["No", "way", "out."]}
    words = [
        (name, text, 1000 + 200 * n + 50 * place, 1190 + 200 * n + 50 * place)
        for n in range(3)
        for place, (name, texts) in enumerate(said.items())
        for text in [texts[n]]
    ]
    cues = captions(*words)
    assert [cue.text for cue in cues] == [
        "<v Ann>- I told you.</v>\n<v Tom>- But you did.</v>",
        "<v Kim>No way out.",
    ]


def test_a_dash_that_was_heard_is_not_doubled() -> None:
    cues = captions(("Ann", "- Yes.", 1000, 1200), ("Tom", "No.", 1250, 1450))
    assert [cue.text for cue in cues] == ["<v Ann>- Yes.</v>\n<v Tom>- No.</v>"]
