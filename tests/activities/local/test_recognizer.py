"""What is pocketsphinx's own: segments, determinism, and the processes it decodes in."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from activities.local import recognizer as module
from activities.local.pocketsphinx_model import hear
from activities.local.recognizer import PocketsphinxRecognizer
from activities.media.probing.pcm import SAMPLE_RATE, Segment, find_segments
from activities.ports import SpeechAudio
from schema.errors import MediaRefused
from schema.vtt.words import Transcript
from tests.activities.contract.support import (
    SPEECH,
    Kept,
    Told,
    audio_of,
    heard_of_spoken,
    speech_samples,
    write_flac,
)

TURNS = 3
LATE = np.zeros(7 * SAMPLE_RATE + 123, np.int16)


@dataclass
class Heard:
    audio: SpeechAudio
    kept: Kept
    transcript: Transcript


@pytest.fixture(scope="module")
async def long_speech(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Silence, then the speech a few times over with a second between: two segments, heard by two processes."""
    gap = np.zeros(SAMPLE_RATE, np.int16)
    samples = np.concatenate([LATE, *[speech_samples(), gap] * TURNS])
    audio = audio_of(write_flac(tmp_path_factory.mktemp("speech") / "long.flac", samples))
    kept, others = Kept(), set(multiprocessing.active_children())  # models that other tests have left loaded
    transcript = await PocketsphinxRecognizer(processes=2).recognize(audio, "en", kept, Told())
    assert set(multiprocessing.active_children()) <= others
    return Heard(audio, kept, transcript)


async def test_every_segment_keeps_its_time_also_after_silence(long_speech: Heard) -> None:
    assert long_speech.kept.writes == len(find_segments(long_speech.audio.path)) > 1
    for turn in range(TURNS):
        samples = len(LATE) + turn * (len(speech_samples()) + SAMPLE_RATE)
        offset_ms = round(samples * 1000 / SAMPLE_RATE)
        assert heard_of_spoken(long_speech.transcript.words, within_ms=60, offset_ms=offset_ms) >= 0.85


async def test_goes_on_at_the_segment_where_it_was_and_one_process_hears_what_two_heard(
    long_speech: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(dict(long_speech.kept.values))
    del kept.values[min(kept.values)]
    calls: list[Segment] = []
    real = module.Resident.call

    async def counted(
        self: module.Resident, work: object, path: Path, segment: Segment, **more: float
    ) -> object:
        calls.append(segment)
        return await real(self, hear, path, segment, **more)

    monkeypatch.setattr(module.Resident, "call", counted)
    again = await PocketsphinxRecognizer(processes=1).recognize(long_speech.audio, "en", kept, Told())
    assert again == long_speech.transcript
    assert len(calls) == kept.writes == 1
    assert kept.values == long_speech.kept.values


async def test_quiet_noise_is_not_heard_as_words(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 40, 12 * SAMPLE_RATE).astype(np.int16)
    audio = audio_of(write_flac(tmp_path / "noise.flac", noise))
    assert (await PocketsphinxRecognizer().recognize(audio, "en", Kept(), Told())).words == ()


async def test_refuses_audio_that_probe_did_not_write(tmp_path: Path) -> None:
    stereo = write_flac(tmp_path / "stereo.flac", speech_samples(), layout="stereo")
    with pytest.raises(MediaRefused, match=r"stereo\.flac is not mono FLAC"):
        await PocketsphinxRecognizer().recognize(audio_of(stereo), "en", Kept(), Told())

    text = tmp_path / "text.flac"
    text.write_text("no sound")
    with pytest.raises(MediaRefused, match=r"text\.flac is not mono FLAC"):
        await PocketsphinxRecognizer().recognize(replace(audio_of(SPEECH), path=text), "en", Kept(), Told())


async def test_an_empty_file_holds_no_words(tmp_path: Path) -> None:
    empty = write_flac(tmp_path / "short.flac", np.zeros(100, np.int16))
    assert (await PocketsphinxRecognizer().recognize(audio_of(empty), "en", Kept(), Told())).words == ()
