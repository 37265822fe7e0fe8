"""Stretches of the speech audio by themselves: their samples, and where a short sound begins in one. Both run in a child
process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from activities.media.probing.pcm import SAMPLE_RATE, SAMPLES_PER_MS, Samples, Segment, read_pcm
from schema.contracts.media import Span

_HOP = SAMPLE_RATE // 20
_RISE = 16.0
"""So much more power (12 dB) than there is in half of a stretch, and something begins."""


def cut(path: Path, spans: Sequence[Span]) -> list[bytes]:
    """The samples of each, little-endian.

    Raises:
        MediaRefused: the audio is not 16 kHz mono FLAC.
    """
    return [_samples(path, span).astype("<i2").tobytes() for span in spans]


def find_rises(path: Path, spans: Sequence[Span]) -> list[int]:
    """In milliseconds where in each stretch a sound rises out of what is heard all the time; its start where none does.

    Raises:
        MediaRefused: the audio is not 16 kHz mono FLAC.
    """
    return [span.start_ms + _rise_ms(_samples(path, span)) for span in spans]


def _rise_ms(samples: Samples) -> int:
    whole = len(samples) // _HOP * _HOP
    if not whole:
        return 0
    powers = np.square(samples[:whole].astype(np.float64)).reshape(-1, _HOP).mean(axis=1)
    loud = np.flatnonzero(powers > _RISE * max(1.0, float(np.median(powers))))
    return int(loud[0]) * _HOP // SAMPLES_PER_MS if len(loud) else 0


def _samples(path: Path, span: Span) -> Samples:
    return read_pcm(path, Segment(span.start_ms * SAMPLES_PER_MS, span.end_ms * SAMPLES_PER_MS))
