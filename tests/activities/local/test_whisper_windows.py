"""What a window of Whisper's passes over, or says over and over, is heard again in smaller ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from activities.local.pieces import Piece
from activities.local.whisper_windows import Stretch, heard_in, stretches_of
from activities.media.probing.pcm import SAMPLE_RATE, Segment

MODEL: Any = SimpleNamespace(model=SimpleNamespace(is_multilingual=False))


def says(text: str, *, loops: bool = False, sure: float = 0.9) -> dict[str, Any]:
    return {"text": text, "loops": loops, "sure": sure}


class Ear:
    """Hears what is in the list of a window that begins at a second, and is so long: (start, end, said) of it."""

    def __init__(self, windows: dict[tuple[float, float], list[tuple[float, float, dict[str, Any]]]]) -> None:
        self.windows = windows
        self.asked: list[tuple[float, float, bool]] = []

    def __call__(self, sound: Any, language: str, **more: Any) -> list[Any]:
        window = (float(sound[0]), len(sound) / SAMPLE_RATE)
        self.asked.append((*window, bool(more)))
        return [self._segment(*each, looping=not more) for each in self.windows.get(window, [])]

    @staticmethod
    def _segment(start: float, end: float, said: dict[str, Any], *, looping: bool) -> Any:
        word = SimpleNamespace(word=said["text"], start=start, end=end, probability=said["sure"])
        return SimpleNamespace(
            start=start,
            end=end,
            words=[word],
            no_speech_prob=0.0,
            avg_logprob=-0.2,
            compression_ratio=3.0 if looping and said["loops"] else 1.5,
        )


def heard(ear: Ear, *stretches: tuple[float, float, float]) -> list[tuple[str, float]]:
    """(text, second) of what is heard of stretches (start, end, pause before), in seconds."""
    cut = [Stretch(*(round(each * SAMPLE_RATE) for each in stretch)) for stretch in stretches]
    sound = np.arange(cut[-1].end) / SAMPLE_RATE
    found = heard_in(MODEL, sound, cut, "en", ear)
    return [(each.segment.words[0].word, each.offset_s + each.segment.words[0].start) for each in found]


def test_speech_that_was_passed_over_is_heard_by_itself() -> None:
    ear = Ear(
        {
            (0, 12): [(0.1, 3.9, says("one")), (8.1, 11.9, says("three"))],
            (4, 4): [(0.2, 3.8, says("two"))],
        }
    )
    assert heard(ear, (0, 4, 0), (4, 8, 1), (8, 12, 2)) == [("one", 0.1), ("two", 4.2), ("three", 8.1)]


@pytest.mark.parametrize(
    ("start", "end", "sure"),
    [(4, 5.2, 0.9), (4, 8, 0.3)],
    ids=["too short to tell", "laughter, of which it is not sure"],
)
def test_what_may_be_no_speech_stays_unheard(start: float, end: float, sure: float) -> None:
    whole = end + 4
    ear = Ear(
        {
            (0, whole): [(0, 3.9, says("one")), (end, whole, says("three"))],
            (4, end - start): [(0, end - start, says("two", sure=sure))],
        }
    )
    assert heard(ear, (0, 4, 0), (start, end, 1), (end, whole, 1)) == [("one", 0), ("three", end)]


def test_where_nothing_is_heard_nothing_is_looked_for() -> None:
    ear = Ear({(4, 4): [(0, 4, says("two"))]})
    assert heard(ear, (0, 4, 0), (4, 8, 1)) == []
    assert len(ear.asked) == 1


def test_what_says_the_same_over_and_over_is_heard_on_both_sides_of_its_longest_pause() -> None:
    ear = Ear(
        {
            (0, 12): [(0, 12, says("over and over", loops=True))],
            (0, 8): [(0, 3.9, says("one")), (4, 8, says("two"))],
            (8, 4): [(0, 4, says("one"))],
        }
    )
    assert heard(ear, (0, 4, 0), (4, 8, 1), (8, 12, 2)) == [("one", 0), ("two", 4), ("one", 8)]
    assert not any(without_loops for *_, without_loops in ear.asked)


def test_speech_without_a_pause_is_heard_without_repetition() -> None:
    ear = Ear({(0, 4): [(0, 4, says("over and over", loops=True))]})
    assert heard(ear, (0, 4, 0)) == [("over and over", 0)]
    assert ear.asked == [(0, 4, False), (0, 4, True)]


def test_parts_of_the_sound_that_touch_are_one_stretch() -> None:
    parts = (Segment(100, 200), Segment(200, 260), Segment(300, 350))
    assert stretches_of(Piece(parts)) == [Stretch(0, 160, 0), Stretch(160, 210, 40)]
