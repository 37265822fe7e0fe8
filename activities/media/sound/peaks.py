"""How loud a description may be over the programme that sounds under it: their sum keeps the true peak's ceiling."""

from __future__ import annotations

import numpy as np

from activities.media.sound.loudness import from_db, to_db
from activities.media.sound.samples import Samples

CODING_DB = 0.6
"""What AAC may add to a peak: so far under the ceiling is what we encode."""
MOST_DB = 12.0
_OVERSAMPLED = 4
"""As ITU-R BS.1770-4, annex 2, asks of a true peak meter at 48 kHz."""
_BETWEEN = 10 ** (-1.5 / 20)
"""Sample peaks so far under the ceiling: what lies between samples stays under it too."""
EDGE = 64
"""Samples around a loud place that its interpolation needs."""


def lowering_db(programme: Samples, voice: Samples, ceiling: float) -> float:
    """By how many dB `voice` must go down so that it and `programme`, shapes (channels, n) and (1, n), stay within
    `ceiling` (a ratio to full scale) between samples too. A programme that leaves no room silences nobody: it goes
    down by `MOST_DB` at most."""
    if _peak(programme) + _peak(voice) <= ceiling * _BETWEEN:
        return 0.0
    hot = np.flatnonzero((np.abs(programme + voice) > ceiling * _BETWEEN).any(axis=0))
    if not len(hot):
        return 0.0
    gain = 1.0
    for start, end in _around(hot, voice.shape[1]):
        under, over = _oversampled(programme[:, start:end]), _oversampled(voice[:, start:end])
        # |under + g * over| <= ceiling holds for every sample up to its own g: the least of them holds for all.
        size = np.abs(over)
        room = np.where(size > 1e-6, (ceiling - under * np.sign(over)) / np.maximum(size, 1e-6), 1.0)
        gain = min(gain, float(room.min()))
    return 0.0 if gain >= 1 else -to_db(max(gain, from_db(-MOST_DB)))


def _peak(samples: Samples) -> float:
    return max(float(samples.max(initial=0)), -float(samples.min(initial=0)))


def _around(hot: np.ndarray[tuple[int], np.dtype[np.intp]], length: int) -> list[tuple[int, int]]:
    """Stretches that hold all loud samples with their surroundings."""
    breaks = np.flatnonzero(np.diff(hot) > 4 * EDGE)
    firsts, lasts = hot[np.append(0, breaks + 1)], hot[np.append(breaks, len(hot) - 1)]
    return [
        (max(0, int(first) - EDGE), min(length, int(last) + EDGE + 1))
        for first, last in zip(firsts, lasts, strict=True)
    ]


def _oversampled(samples: Samples) -> Samples:
    """Band-limited interpolation by zeros in the spectrum; the ends are mirrored, so that they do not ring."""
    length = samples.shape[1]
    mirrored = np.concatenate((samples, samples[:, ::-1]), axis=1)
    dense = np.fft.irfft(np.fft.rfft(mirrored, axis=1), 2 * length * _OVERSAMPLED, axis=1) * _OVERSAMPLED
    return dense[:, : length * _OVERSAMPLED].astype(np.float32)
