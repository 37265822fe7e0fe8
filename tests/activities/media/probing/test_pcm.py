"""The speech audio: streamed, cut where it is quiet, and read again to the sample."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from activities.media.probing.pcm import SAMPLE_RATE, Segment, find_segments, read_pcm, stream_pcm
from tests.activities.contract.support import write_flac

MINUTES = 3
PAUSES_S = (21.0, 44.5, 60.25, 83.0, 101.0, 122.5, 140.0, 161.0)


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    """Loud noise, with a pause of 400 ms at each of `PAUSES_S`."""
    noise = np.random.default_rng(5).integers(-9000, 9000, MINUTES * 60 * SAMPLE_RATE).astype(np.int16)
    for pause in PAUSES_S:
        noise[int(pause * SAMPLE_RATE) : int((pause + 0.4) * SAMPLE_RATE)] //= 1000
    return noise


@pytest.fixture(scope="module")
def flac(samples: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_flac(tmp_path_factory.mktemp("pcm") / "noise.flac", samples)


def test_streams_every_sample_at_its_place(flac: Path, samples: np.ndarray) -> None:
    at = 0
    for position, part in stream_pcm(flac):
        assert position == at
        assert np.array_equal(part, samples[at : at + len(part)])
        at += len(part)
    assert at == len(samples)


def test_segments_cover_everything_and_end_in_pauses(flac: Path, samples: np.ndarray) -> None:
    segments = find_segments(flac)
    assert segments[0].start == 0
    assert segments[-1].end == len(samples)
    assert all(one.end == next_.start for one, next_ in pairwise(segments))
    for segment in segments[:-1]:
        assert 10 <= (segment.end - segment.start) / SAMPLE_RATE <= 30
        assert any(pause < segment.end / SAMPLE_RATE < pause + 0.4 for pause in PAUSES_S)
    assert (segments[-1].end - segments[-1].start) / SAMPLE_RATE <= 30


def test_reads_any_range_to_the_sample(flac: Path, samples: np.ndarray) -> None:
    ranges = [*find_segments(flac), Segment(0, 1), Segment(5, 77), Segment(16_001, 16_003)]
    ranges += [Segment(start, start + 5000) for start in range(12_345, len(samples), 333_333)]
    ranges.append(Segment(len(samples) - 5, len(samples) + 100))
    for segment in ranges:
        assert np.array_equal(read_pcm(flac, segment), samples[segment.start : segment.end]), segment


def test_a_short_file_is_one_segment_and_an_empty_one_none(tmp_path: Path) -> None:
    short = write_flac(tmp_path / "short.flac", np.zeros(1000, np.int16))
    assert find_segments(short) == [Segment(0, 1000)]
