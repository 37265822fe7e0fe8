"""The speech audio (16 kHz mono FLAC) as samples: streamed, cut at silences, and read again piece by piece.

Samples are `int16`, one-dimensional. Positions are sample indices from presentation time 0; at 16 kHz a
millisecond is 16 of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from schema.errors import MediaRefused

SAMPLE_RATE = 16_000
SAMPLES_PER_MS = SAMPLE_RATE // 1000
_HOP = SAMPLE_RATE // 100
"""Levels are taken every 10 ms."""
_QUIET_HOPS = 25
"""A cut lies in the middle of the quietest 250 ms: longer than the closure of a stop consonant."""
_SEEK_MARGIN = SAMPLE_RATE
"""A seek aims a second early: a decoder may land on the block after the one that was asked for."""

Samples = NDArray[np.int16]


class Segment(NamedTuple):
    """A half-open range of samples."""

    start: int
    end: int


def stream_pcm(path: Path, start: int = 0) -> Iterator[tuple[int, Samples]]:
    """Yield (position of the first sample, samples) in order, from the block that holds `start` or one before it.

    Raises:
        MediaRefused: the file is not 16 kHz mono FLAC, or is damaged.
    """
    try:
        with av.open(str(path), format="flac") as container:
            stream = _speech_stream(container, path)
            if start > _SEEK_MARGIN and stream.time_base:
                at = (start - _SEEK_MARGIN) / SAMPLE_RATE
                container.seek(int(at / stream.time_base), stream=stream)
            position: int | None = None if start else 0
            for frame in container.decode(stream):
                position = _position(frame) if position is None else position
                samples = _samples(frame)
                yield position, samples
                position += len(samples)
    except (av.FFmpegError, OSError) as error:
        raise MediaRefused(f"The speech audio {path.name} cannot be read: {error}.") from error


def _speech_stream(container: av.container.InputContainer, path: Path) -> av.AudioStream:
    stream = next(iter(container.streams.audio), None)
    if stream is None or (stream.codec_context.sample_rate, stream.codec_context.channels) != (
        SAMPLE_RATE,
        1,
    ):
        raise MediaRefused(
            f"The speech audio {path.name} is not mono FLAC at 16 kHz: run the probe step again."
        )
    return stream


def _position(frame: AudioFrame) -> int:
    if frame.pts is None or frame.time_base is None:
        raise MediaRefused("The speech audio carries no times: run the probe step again.")
    return round(frame.pts * frame.time_base * SAMPLE_RATE)


def _samples(frame: AudioFrame) -> Samples:
    data = frame.to_ndarray().reshape(-1)
    if frame.format.name != "s16":  # FLAC of more than 16 bits decodes to the upper bits of int32
        data = data.astype(np.int32) >> 16
    return data.astype(np.int16, copy=False)


def read_pcm(path: Path, segment: Segment) -> Samples:
    """The samples of one segment; fewer where the file ends before it does.

    Raises:
        MediaRefused: as `stream_pcm`.
    """
    parts: list[Samples] = []
    for position, samples in stream_pcm(path, segment.start):
        if position >= segment.end:
            break
        parts.append(samples[max(0, segment.start - position) : max(0, segment.end - position)])
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def find_segments(path: Path, *, shortest_s: int = 10, longest_s: int = 30) -> list[Segment]:
    """Cut the whole file into segments of `shortest_s` to `longest_s`, each end where it is quietest.

    The last one may be shorter. The file is streamed: an hour costs the memory of its levels (3 MB).

    Raises:
        MediaRefused: as `stream_pcm`.
    """
    powers, length = _powers(path)
    segments: list[Segment] = []
    start = 0
    while length - start > longest_s * SAMPLE_RATE:
        first, last = start // _HOP + shortest_s * 100, start // _HOP + longest_s * 100
        end = (first + _quietest(powers[first:last])) * _HOP
        segments.append(Segment(start, end))
        start = end
    if length > start:
        segments.append(Segment(start, length))
    return segments


def quietest_in(path: Path, segment: Segment) -> int:
    """Where a segment of more than 250 ms is quietest: a position inside it.

    Raises:
        MediaRefused: as `stream_pcm`.
    """
    samples = read_pcm(path, segment)
    whole = len(samples) // _HOP * _HOP
    powers = np.square(samples[:whole].astype(np.float64)).reshape(-1, _HOP).mean(axis=1)
    return segment.start + _quietest(powers) * _HOP


def _powers(path: Path) -> tuple[NDArray[np.float64], int]:
    """Mean power of every whole 10 ms, and the length in samples."""
    levels: list[NDArray[np.float64]] = []
    rest: Samples = np.zeros(0, np.int16)
    length = 0
    for _, samples in stream_pcm(path):
        length += len(samples)
        rest = np.concatenate((rest, samples))
        whole = len(rest) // _HOP * _HOP
        levels.append(np.square(rest[:whole].astype(np.float64)).reshape(-1, _HOP).mean(axis=1))
        rest = rest[whole:]
    return (np.concatenate(levels) if levels else np.zeros(0)), length


def _quietest(powers: NDArray[np.float64]) -> int:
    """Index of the middle of the quietest window; the first one of equals."""
    sums = np.convolve(powers, np.ones(_QUIET_HOPS), mode="valid")
    return int(np.argmin(sums)) + _QUIET_HOPS // 2
