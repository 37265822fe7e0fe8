"""Clips: what is trimmed, what is kept, and that the stored form holds the measured samples."""

from __future__ import annotations

import hashlib
import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from activities.media.sound.clips import MeasuredClip, measure_clip
from activities.media.sound.samples import decode_file
from schema.errors import MediaRefused
from tests.media_factory import Audio, make_sound

RATE = 22_050


def voice(ms: int, level: float = 0.3) -> NDArray[np.float32]:
    """A buzz with the spectrum of a vowel."""
    t = np.arange(RATE * ms // 1000) / RATE
    return (level * sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12)) / 2).astype(np.float32)


def quiet(ms: int, noise: float = 0.0) -> NDArray[np.float32]:
    count = RATE * ms // 1000
    return (np.random.default_rng(1).standard_normal(count) * noise).astype(np.float32)


def wav(*parts: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.concatenate(parts) * 32767).clip(-32768, 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def samples_of(clip: MeasuredClip) -> NDArray[np.int16]:
    with av.open(io.BytesIO(clip.flac)) as flac:
        assert flac.streams.audio[0].codec_context.sample_rate == clip.rate
        samples: NDArray[np.int16] = np.concatenate([f.to_ndarray()[0] for f in flac.decode(audio=0)])
        return samples


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_silence_at_the_ends_is_taken_away(rate: int) -> None:
    clip = measure_clip(wav(quiet(400), voice(1000), quiet(700)), rate)
    assert clip.length / rate == pytest.approx(1.0 + 0.015 + 0.060, abs=0.012)
    assert (clip.length + clip.trimmed) / rate == pytest.approx(2.1, abs=0.001)


def test_a_clip_without_silence_loses_nothing_but_a_fade() -> None:
    clip = measure_clip(wav(voice(1000)), 48_000)
    assert clip.trimmed == 0
    assert clip.length == pytest.approx(48_000, abs=2)
    assert samples_of(clip)[0] == 0


def test_room_noise_counts_as_silence_and_a_soft_ending_does_not() -> None:
    noisy = measure_clip(wav(quiet(500, 0.0012), voice(1000), quiet(500, 0.0012)), 48_000)
    assert noisy.length / 48_000 == pytest.approx(1.075, abs=0.02)
    soft = measure_clip(wav(voice(800), voice(200, 0.01), quiet(500)), 48_000)
    assert soft.length / 48_000 == pytest.approx(1.06, abs=0.02)


def test_a_long_pause_is_shortened_and_a_short_one_kept() -> None:
    parts = voice(500), quiet(1200), voice(500), quiet(400), voice(500)
    clip = measure_clip(wav(*parts), 48_000)
    assert clip.length / 48_000 == pytest.approx(0.5 + 0.3 + 0.5 + 0.4 + 0.5, abs=0.02)


def test_the_same_recording_gives_the_same_bytes() -> None:
    recording = wav(quiet(200), voice(900), quiet(200))
    first, second = measure_clip(recording, 48_000), measure_clip(recording, 48_000)
    assert first == second
    assert b"Lavf" not in first.flac


def test_the_stored_form_is_what_was_measured(tmp_path: object) -> None:
    clip = measure_clip(wav(quiet(100), voice(900), quiet(100)), 48_000)
    samples = samples_of(clip)
    assert len(samples) == clip.length
    assert hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest() == clip.sha256


def test_the_render_decodes_exactly_the_planned_length(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("clip") / "clip.flac"
    clip = measure_clip(wav(voice(777)), 48_000)
    path.write_bytes(clip.flac)
    assert decode_file(path, 48_000).shape == (1, clip.length)


def test_loudness_and_clipping() -> None:
    clip = measure_clip(wav(voice(1000)), 48_000)
    louder = measure_clip(wav(voice(1000) * 2), 48_000)
    assert clip.lufs is not None and louder.lufs is not None
    assert louder.lufs - clip.lufs == pytest.approx(6.02, abs=0.1)
    assert not clip.clipped
    assert measure_clip(wav(voice(500, 5.0)), 48_000).clipped


def test_a_recording_of_a_person_in_another_format() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as output:
        stream = output.add_stream("libopus", rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.repeat(voice(1000)[None], 2, 0), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        for shaped in av.AudioResampler("flt", "stereo", 48_000).resample(frame):
            output.mux(stream.encode(shaped))
        output.mux(stream.encode(None))
    assert measure_clip(buffer.getvalue(), 48_000).length / 48_000 == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        (wav(quiet(500)), "silent"),
        (wav(quiet(500, 0.0005)), "silent"),
        (wav(quiet(0)), "silent"),
        (b"not a sound at all" * 100, "not sound"),
        (b"", "not sound"),
    ],
)
def test_what_is_no_description_is_refused(recording: bytes, words: str) -> None:
    with pytest.raises(MediaRefused, match=words):
        measure_clip(recording, 48_000)


def test_a_recording_of_an_hour_is_refused_early() -> None:
    with pytest.raises(MediaRefused, match="5 minutes"):
        measure_clip(wav(*([voice(1000)] * 301)), 16_000)


def test_tags_may_be_in_any_encoding(tmp_path: Path) -> None:
    """Old recorders write ID3v1 in whatever their country used."""
    tag = b"TAG" + "Hören".encode("latin-1").ljust(125, b"\0")
    recording = make_sound(tmp_path / "clip.mp3", Audio("libmp3lame", RATE, "mono"), 1.0).read_bytes() + tag
    assert measure_clip(recording, 48_000).length > 40_000
    (tmp_path / "tagged.mp3").write_bytes(recording)
    assert decode_file(tmp_path / "tagged.mp3", 48_000).shape[1] > 40_000
