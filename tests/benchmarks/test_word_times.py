"""When words begin and end, in every language that a voice of this machine speaks: it says each word by itself, so that its
true times are known. No test fails on a figure."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.local.voices import LocalVoices, local_voices
from activities.media.probing.pcm import SAMPLE_RATE
from activities.ports import SpeechRecognizer
from schema.vtt.words import Word
from tests.activities.contract.adapters import installed_weights, installed_whisper
from tests.activities.contract.support import Kept, Told, audio_of, sound_of, write_flac
from tests.benchmarks.conftest import Compare
from tests.benchmarks.errors import TimeErrors, stretches, time_errors
from tests.benchmarks.test_words import SAID

pytestmark = pytest.mark.bench
Sound = NDArray[np.float64]
_APART = int(0.06 * SAMPLE_RATE)
"""Between two words: no pause for the speech detector, so that they are one stretch."""
_PAUSE = int(1.5 * SAMPLE_RATE)
_QUIET = 0.01
"""Of the loudest: what comes before and after is silence."""


async def spoken(voices: LocalVoices, text: str, language: str) -> Sound:
    """At 16 kHz, within -1 and 1, without the silence at its ends."""
    sound = sound_of(await voices.speak(text, language, None, None))
    count = len(sound.samples) * SAMPLE_RATE // sound.rate
    at = np.arange(count) * sound.rate / SAMPLE_RATE
    samples = np.interp(at, np.arange(len(sound.samples)), sound.samples / 32768)
    loud = np.flatnonzero(np.abs(samples) > _QUIET * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def ms(samples: int) -> int:
    return samples * 1000 // SAMPLE_RATE


async def words_of(recognizer: SpeechRecognizer, sound: Sound, language: str, path: Path) -> tuple[Word, ...]:
    audio = audio_of(write_flac(path, (sound * 32767).astype(np.int16)))
    return (await recognizer.recognize(audio, language, Kept(), Told())).words


@pytest.mark.parametrize("language", SAID)
async def test_times_of_words_said_one_by_one(language: str, ratio: Compare, tmp_path: Path) -> None:
    recognizer, voices = installed_whisper(threads=0), local_voices(installed_weights())
    true: list[Word] = []
    parts: list[Sound] = [np.zeros(_PAUSE)]
    length = _PAUSE
    for place, text in enumerate(SAID[language].split()):
        said = await spoken(voices, text.strip(",.।"), language)
        true.append(Word(text=text, start_ms=ms(length), end_ms=ms(length + len(said))))
        gap = np.zeros(_PAUSE if place % 6 == 5 else _APART)
        parts += [said, gap]
        length += len(said) + len(gap)
    voices.close()
    heard = await words_of(
        recognizer, np.concatenate([*parts, np.zeros(_PAUSE)]), language, tmp_path / "w.flac"
    )
    recognizer.close()
    inside = time_errors(true, heard)
    print(f"  {language}: {inside}, of {len(true)} words said")
    aim = 60 if language == "en" else 150
    ratio(f"word times, 9 in 10, {language}", inside.of_nine_tenths, 1, "ms", at_most=aim)
    ends = TimeErrors.of(_off(stretches(true, 200), heard))
    print(f"  {language}: first and last words of stretches: {ends}")
    ratio(f"ends of stretches, 9 in 10, {language}", ends.of_nine_tenths, 1, "ms", at_most=40)


def _off(true: list[tuple[int, int]], heard: tuple[Word, ...]) -> list[int]:
    """How far the first and the last of the words that were heard in each stretch are from its ends."""
    off: list[int] = []
    edges = [0, *((a[1] + b[0]) // 2 for a, b in pairwise(true)), 1 << 40]
    for (start, end), (since, until) in zip(true, pairwise(edges), strict=True):
        inside = [word for word in heard if since <= (word.start_ms + word.end_ms) // 2 < until]
        if inside:
            off += [abs(inside[0].start_ms - start), abs(inside[-1].end_ms - end)]
    return off
