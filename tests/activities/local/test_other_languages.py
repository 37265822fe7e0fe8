"""What Whisper heard with little confidence is heard again in the language that is spoken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from activities.local.other_languages import InLanguage, in_their_languages

SOUND = np.zeros(16_000 * 10)
SPANISH = {"es": 0.9, "pt": 0.05, "en": 0.01}


def segment(start: float, end: float, *sure: float) -> Any:
    return SimpleNamespace(start=start, end=end, words=[SimpleNamespace(probability=each) for each in sure])


class Model:
    """Of faster-whisper, so far as languages are asked for."""

    def __init__(self, likely: dict[str, float], *, multilingual: bool = True) -> None:
        self.model = SimpleNamespace(is_multilingual=multilingual)
        self.likely = likely
        self.asked: list[float] = []

    def detect_language(self, sound: Any) -> tuple[str, float, list[tuple[str, float]]]:
        self.asked.append(round(len(sound) / 16_000, 2))
        best = max(self.likely, key=lambda each: self.likely[each])
        return best, self.likely[best], [*self.likely.items()]


def heard(model: Any, *segments: Any, again: Any = None) -> list[InLanguage]:
    return [*in_their_languages(model, SOUND, segments, "en", lambda part, other: [again] if again else [])]


def test_clear_speech_is_asked_nothing() -> None:
    model, clear = Model(SPANISH), segment(0, 4, 0.9, 0.95, 0.7)
    assert heard(model, clear) == [InLanguage(clear)]
    assert model.asked == []


def test_another_language_is_heard_in_that_and_from_where_its_sound_begins() -> None:
    model, again = Model(SPANISH), segment(0, 3, 0.9, 0.9, 0.9)
    clear, other = segment(0, 3.8, 0.9, 0.9, 0.9), segment(4, 8, 0.5, 0.6, 0.7)
    assert heard(model, clear, other, again=again) == [InLanguage(clear), InLanguage(again, 3.8, "es")]
    assert model.asked == [4.6], "with what is around it, as far as nothing else is said there"


@pytest.mark.parametrize(
    ("model", "words", "again"),
    [
        (Model({"en": 0.9, "es": 0.05}), (0.5, 0.5, 0.5), (0.9, 0.9)),
        (Model({"es": 0.7, "en": 0.2}), (0.5, 0.5, 0.5), (0.9, 0.9)),
        (Model({"es": 0.4, "pt": 0.3, "en": 0.0}), (0.5, 0.5, 0.5), (0.9, 0.9)),
        (Model(SPANISH), (0.5, 0.5), (0.9, 0.9)),
        (Model(SPANISH), (0.5, 0.5, 0.5), (0.55, 0.55)),
        (Model(SPANISH, multilingual=False), (0.5, 0.5, 0.5), (0.9, 0.9)),
    ],
    ids=["own", "perhaps its own", "not sure which", "too few words", "no surer", "knows English alone"],
)
def test_what_may_be_the_jobs_own_stays(model: Model, words: Any, again: Any) -> None:
    spoken = segment(0, 4, *words)
    assert heard(model, spoken, again=segment(0, 4, *again)) == [InLanguage(spoken)]


def test_where_all_words_are_guesses_nobody_spoke() -> None:
    assert heard(Model(SPANISH), segment(0, 4, 0.09, 0.08)) == []
    assert len(heard(Model(SPANISH), segment(0, 4, 0.09, 0.08), segment(4, 8, 0.9, 0.9, 0.9))) == 2
