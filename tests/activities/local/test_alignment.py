"""Words that are known are put to the times at which they are said, in languages that the aligner was not taught."""

from __future__ import annotations

import asyncio
import importlib.util

import numpy as np
import pytest

from activities.local import alignment
from activities.local.alignment import align
from activities.local.arpabet import arpabet
from activities.local.pico import PicoVoices
from activities.local.voices import LocalVoices
from activities.local.whisper_model import Heard, _aligned
from activities.media.probing.pcm import SAMPLE_RATE
from tests.activities.contract.support import sound_of

pytestmark = pytest.mark.skipif(
    not alignment.IS_INSTALLED or importlib.util.find_spec("py_nanotts") is None,
    reason="pocketsphinx or Pico is not installed: make weights",
)
SAID = {
    "de": "Der Leuchtturmwärter steigt jeden Abend die Treppe hinauf und zündet die große Lampe an",
    "it": "Il guardiano del faro sale ogni sera la lunga scala e accende la grande lampada",
}
PAUSE_MS = 60


async def one_by_one(language: str) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """The sentence's words with a short pause after each, and when each is said."""
    voices = LocalVoices(PicoVoices())
    voice = next(each.id for each in voices.voices() if language in each.languages)
    pause = np.zeros(PAUSE_MS * SAMPLE_RATE // 1000, np.int16)
    parts, times, at = [pause], [], PAUSE_MS
    for word in SAID[language].split():
        samples = sound_of(await voices.speak(word, language, voice, None)).samples
        loud = np.flatnonzero(
            np.abs(samples.astype(np.int32)) > np.abs(samples.astype(np.int32)).max() // 100
        )
        said = samples[loud[0] : loud[-1] + 1]
        times.append((at, at + len(said) * 1000 // SAMPLE_RATE))
        parts += [said, pause]
        at = sum(map(len, parts)) * 1000 // SAMPLE_RATE
    voices.close()
    return parts, times


@pytest.mark.parametrize("language", ["de", "it"])
async def test_words_of_other_languages_are_found(language: str) -> None:
    parts, said = await one_by_one(language)
    found = await asyncio.to_thread(align, np.concatenate(parts), SAID[language].split(), language)
    assert found is not None
    off = sorted(
        abs(a - b) for one, other in zip(found, said, strict=True) for a, b in zip(one, other, strict=True)
    )
    assert off[len(off) // 2] <= 40
    assert off[len(off) * 8 // 10] <= 100


def test_a_language_that_nobody_reads_here_is_not_aligned() -> None:
    samples = np.zeros(SAMPLE_RATE, np.int16)
    assert align(samples, ["音楽"], "ja") is None
    assert align(samples, ["word"], "tlh-none") is None


def test_runs_of_two_languages_that_overlap_are_each_put_where_they_can_be() -> None:
    """A word's end may be told over a second late, and what was heard in another language lies within it."""
    samples = np.random.default_rng(1).integers(-900, 900, 6 * SAMPLE_RATE).astype(np.int16)
    assert align(samples[:0], ["word"]) is None
    words = [
        ("one", 0, 4000),
        ("two", 4000, 5200),
        ("uno", 4650, 4750),
        ("dos", 4750, 4800),
        ("three", 4810, 5900),
    ]
    heard = [
        Heard(text, start, end, 0.9, joined=False, language="es" if text in ("uno", "dos") else None)
        for text, start, end in words
    ]
    assert [word.text for word in _aligned(heard, samples, "en")] == [text for text, *_ in words]


def test_sounds_of_other_languages_become_the_nearest_phones() -> None:
    assert arpabet("tsˈaɪt", english=False) == ("T", "S", "AY", "T")
    assert arpabet("ʃˈøːn", english=False) == ("SH", "ER", "N")
    assert arpabet("nˈiɲa", english=False) == ("N", "IY", "N", "AA")
    assert arpabet("paɾa", english=False) == ("P", "AA", "D", "AA")
    assert arpabet("paɾa") == ("P", "AA", "T", "AA")
