"""Clips as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from activities.media.sound.clips import encode_flac
from activities.media.sound.samples import decode_file


def test_a_clip_at_the_programmes_rate_is_its_own_samples(tmp_path: Path) -> None:
    given = np.random.default_rng(1).integers(-32768, 32768, 20_001, np.int16)
    clip = tmp_path / "clip.flac"
    clip.write_bytes(encode_flac(given, 48_000))
    read = decode_file(clip, 48_000)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, given[None].astype(np.float32) / 32768)


@pytest.mark.parametrize("rate", [44_100, 16_000])
def test_a_clip_of_another_rate_is_resampled(rate: int, tmp_path: Path) -> None:
    tone = np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)
    clip = tmp_path / "clip.flac"
    clip.write_bytes(encode_flac((tone * 20_000).astype(np.int16), rate))
    read = decode_file(clip, 48_000)[0, 4_800:43_200]
    wanted = np.sin(np.arange(48_000) * 2 * np.pi * 440 / 48_000)[4_800:43_200] * (20_000 / 32768)
    assert np.abs(read - wanted).max() < 0.01
