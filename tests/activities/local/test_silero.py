"""The speech detector: what it hears, to how many milliseconds, and what is no voice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.local import silero_model
from activities.local.silero import SileroDetector
from activities.media.probing.pcm import SAMPLE_RATE
from schema.contracts.media import Span
from schema.errors import MediaRefused, ProviderFailed
from tests.activities.contract.support import SPEECH, SPOKEN, speech_samples, write_flac
from tests.effort import end_by_cancel
from tests.made_sounds import applause, hum, music, pink, white

SECOND = np.zeros(SAMPLE_RATE, np.int16)


async def detect(path: Path) -> tuple[Span, ...]:
    return await SileroDetector().detect(path, lambda *_: None)


async def spans_of(folder: Path, samples: NDArray[np.int16]) -> tuple[Span, ...]:
    return await detect(write_flac(folder / "sound.flac", samples))


async def test_speech_begins_and_ends_where_its_words_do(tmp_path: Path) -> None:
    found = await spans_of(tmp_path, np.concatenate([SECOND, speech_samples(), SECOND]))
    assert found[0].start_ms == pytest.approx(1000 + SPOKEN[0].start_ms, abs=40)
    assert found[-1].end_ms == pytest.approx(1000 + SPOKEN[-1].end_ms, abs=40)
    for word in SPOKEN:
        middle = 1000 + (word.start_ms + word.end_ms) // 2
        assert any(span.start_ms <= middle < span.end_ms for span in found), word


async def test_speech_in_noise_is_heard(tmp_path: Path) -> None:
    spoken = speech_samples().astype(np.float64)
    noise = pink(len(spoken)) * np.sqrt(np.square(spoken).mean()) * 10 ** (-10 / 20)
    found = await spans_of(tmp_path, np.clip(spoken + noise, -32768, 32767).astype(np.int16))
    assert found[0].start_ms == pytest.approx(SPOKEN[0].start_ms, abs=60)
    voiced = sum(span.end_ms - span.start_ms for span in found)
    assert voiced >= 0.95 * sum(word.end_ms - word.start_ms for word in SPOKEN)


@pytest.mark.parametrize("sound", [pink, white, hum, music, applause])
async def test_what_is_no_voice_is_not_taken_for_one(sound: object, tmp_path: Path) -> None:
    assert callable(sound)
    assert await spans_of(tmp_path, (sound(20 * SAMPLE_RATE) * 3000).astype(np.int16)) == ()


async def test_silence_and_an_empty_file_hold_none(tmp_path: Path) -> None:
    assert await spans_of(tmp_path, np.zeros(3 * SAMPLE_RATE, np.int16)) == ()
    assert await spans_of(tmp_path, np.zeros(100, np.int16)) == ()


async def test_the_same_stretches_wherever_they_lie(tmp_path: Path) -> None:
    """Blocks that follow each other are heard as one sound."""
    block_s = silero_model._BLOCK * silero_model._FRAME // SAMPLE_RATE
    before = np.zeros((block_s - 4) * SAMPLE_RATE, np.int16)  # the speech lies over the seam
    found = await spans_of(tmp_path, np.concatenate([before, speech_samples(), SECOND]))
    assert found[0].start_ms == pytest.approx((block_s - 4) * 1000 + SPOKEN[0].start_ms, abs=40)
    assert found[-1].end_ms == pytest.approx((block_s - 4) * 1000 + SPOKEN[-1].end_ms, abs=40)
    assert len(found) <= 3


async def test_refuses_what_probe_did_not_write(tmp_path: Path) -> None:
    text = tmp_path / "text.flac"
    text.write_text("no sound")
    with pytest.raises(MediaRefused, match=r"text\.flac is not mono FLAC"):
        await detect(text)


def test_a_model_that_is_another_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "silero_vad_v6.onnx"
    other.write_bytes(silero_model.FILE.read_bytes()[:-1])
    monkeypatch.setattr(silero_model, "FILE", other)
    with pytest.raises(ProviderFailed, match="is not Silero's model: install the package again"):
        silero_model.find_voices(SPEECH)


async def test_stops_at_once_when_cancelled() -> None:
    work = asyncio.create_task(detect(SPEECH))
    await asyncio.sleep(0.01)
    await end_by_cancel(work)
