"""What is heard under a pause when the room's sound is held: noise with the spectrum of the quietest sound nearby, and
not of the silence before the programme's sound begins or after it ends.

A loop of a second is heard as a loop. The mean spectrum of the quiet frames around the cut, with random phases,
overlapped and added, has no period; the phases come from a seeded generator, so that a render is reproducible.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from activities.media.sound.samples import Samples, silence

if TYPE_CHECKING:
    from activities.media.mix.mixer import Reader

_FRAME = 2048
_AROUND_MS = 1500
_QUIETEST = 4
"""One frame in so many is taken: those without a voice in them."""
_EDGE_MS = 150


@lru_cache(maxsize=2)
def held_ambience(reader: Reader, at: int, length: int, rate: int) -> Samples:
    """`length` samples for a pause at source tick `at`, faded in and out; shape (channels, length)."""
    sound = reader.read(*_around(reader, at, rate * _AROUND_MS // 1000, rate * _EDGE_MS // 1000))
    count = sound.shape[1] // _FRAME
    frames = sound[:, : count * _FRAME].reshape(sound.shape[0], count, _FRAME)
    quiet = np.argsort((frames**2).mean(axis=(0, 2)), kind="stable")[: max(1, count // _QUIETEST)]
    window = np.hanning(_FRAME + 1)[:-1]
    level = np.sqrt((np.abs(np.fft.rfft(frames[:, np.sort(quiet)] * window, axis=2)) ** 2).mean(axis=1))
    out = silence(sound.shape[0], length + 2 * _FRAME)
    random = np.random.Generator(np.random.PCG64(at))
    synthesis = np.sqrt(window)  # squares of half-overlapped windows add up to one in power
    for start in range(0, length + _FRAME, _FRAME // 2):
        phases = np.exp(2j * np.pi * random.random(level.shape[1]))
        piece = np.fft.irfft(level * phases, axis=1) * synthesis
        piece *= np.sqrt(_FRAME / (window**2).sum())
        out[:, start : start + _FRAME] += piece[:, : out.shape[1] - start].astype(np.float32)
    held = out[:, _FRAME // 2 : _FRAME // 2 + length]
    edge = min(rate * _EDGE_MS // 1000, length // 2)
    ramp = np.sin(np.linspace(0, np.pi / 2, edge, dtype=np.float32)) ** 2
    held[:, :edge] *= ramp
    held[:, length - edge :] *= ramp[::-1]
    return _no_louder(held, float(np.abs(frames[:, quiet]).max()))


def _around(reader: Reader, at: int, reach: int, slack: int) -> tuple[int, int]:
    """Source ticks to listen to: at the programme's own beginning or end, those on the one side alone."""
    begins, ends = reader.span
    if begins - slack <= at <= ends + slack:
        first, last = max(begins, min(at, ends - reach) - reach), min(ends, max(at, begins + reach) + reach)
        if last - first >= _FRAME:
            return first, last
    return at - reach, at + reach


def _no_louder(held: Samples, peak: float) -> Samples:
    """Random phases may add up to higher peaks than the room itself has."""
    loudest = float(np.abs(held).max(initial=0.0))
    return held * np.float32(peak / loudest) if loudest > peak else held
