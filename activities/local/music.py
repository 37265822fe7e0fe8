"""Music told from other sounds by its tones: they hold, they change, and they are in tune with each other. Pure.

Wind, rain, applause and traffic have no tones that hold, hum none that changes; a siren glides, and the tones of bells,
engines and telephones are few or lie beside the scale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.media.probing.pcm import SAMPLE_RATE, SAMPLES_PER_MS, Samples
from schema.contracts.media import Span

VERSION = 1
"""Version of the output. Raise it when this module finds different music."""
LEAST_MS = 4_000
"""In less than this no tune is told from a signal."""

_WINDOW, _HOP = 4096, 1024
_LOW, _HIGH = (hertz * _WINDOW // SAMPLE_RATE for hertz in (100, 3000))
_AROUND = 24
"""Bins on either side that a tone stands out from."""
_STANDS_OUT, _OF_LOUDEST = 5.0, 0.05
_HELD_FRAMES, _HELD_WITHIN = 3, 0.2
"""A tone holds that was there in so many frames before, within so many semitones: for a quarter second."""
_SPAN, _STEP = 8 * SAMPLE_RATE // _HOP, 2 * SAMPLE_RATE // _HOP
"""Frames that are judged together."""
_SAME_MS = 2_000
"""A rest in the music is no longer."""

_TONAL, _TONES_SHARE = 0.5, 0.3
"""So many of the frames have so much of their power in tones that hold."""
_IN_TUNE = 0.7
"""How near the tones lie to one scale of semitones: 1 is on it, 0 anywhere."""
_LEAST_NOTES, _LEAST_LEADING = 5, 4
"""Notes of the octave among all tones, and among the loudest one of each frame."""
_LATER, _CHANGE = 8, 0.2
"""So much of the notes is another so many frames later."""


class _Frame(NamedTuple):
    """Tones that hold, in semitones from A4, of rising frequency; and what they have of the power."""

    tones: NDArray[np.float64]
    powers: NDArray[np.float64]
    share: float


def find_music(samples: Samples) -> list[Span]:
    """Where in `samples` music is heard: only what is beyond doubt."""
    frames = list(_frames(samples))
    found: list[Span] = []
    for first in range(0, max(1, len(frames) - _SPAN + 1), _STEP):
        span = frames[first : first + _SPAN]
        if len(span) * _HOP < LEAST_MS * SAMPLES_PER_MS or not _is_music(span):
            continue
        toned = [first + at for at, frame in enumerate(span) if frame.share > _TONES_SHARE]
        start_ms = toned[0] * _HOP // SAMPLES_PER_MS
        end_ms = (toned[-1] * _HOP + _WINDOW) // SAMPLES_PER_MS
        if found and start_ms <= found[-1].end_ms + _SAME_MS:
            start_ms = found.pop().start_ms
        found.append(Span(start_ms=start_ms, end_ms=end_ms))
    return found


def _frames(samples: Samples) -> Iterator[_Frame]:
    if len(samples) < _WINDOW:
        return
    shape = np.hanning(_WINDOW)
    before: list[NDArray[np.float64]] = []
    for window in np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]:
        spectrum = np.abs(np.fft.rfft(window * shape))
        tones, powers = _tones(spectrum)
        held = np.full(len(tones), len(before) == _HELD_FRAMES)
        for others in before:
            held &= np.abs(tones[:, None] - others[None]).min(axis=1, initial=np.inf) < _HELD_WITHIN
        before = [*before[1 - _HELD_FRAMES :], tones]
        total = float(np.square(spectrum[_LOW:_HIGH]).sum()) or 1.0
        yield _Frame(tones[held], powers[held], float(powers[held].sum()) / total)


def _tones(spectrum: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Peaks that stand out from what is around them, in semitones, and their powers."""
    here = spectrum[_LOW:_HIGH]
    sums = np.cumsum(spectrum[_LOW - _AROUND - 1 : _HIGH + _AROUND])
    around = (sums[2 * _AROUND + 1 :] - sums[: -2 * _AROUND - 1]) / (2 * _AROUND + 1)
    peaks = (here > spectrum[_LOW - 1 : _HIGH - 1]) & (here >= spectrum[_LOW + 1 : _HIGH + 1])
    at = _LOW + np.flatnonzero(peaks & (here > _STANDS_OUT * around) & (here > _OF_LOUDEST * here.max()))
    below, top, above = (np.log(spectrum[at + shift] + 1e-9) for shift in (-1, 0, 1))
    bins = at + (below - above) / (2 * (below - 2 * top + above) - 1e-9)
    powers = sum(np.square(spectrum[at + shift]) for shift in (-2, -1, 0, 1, 2))
    return 12 * np.log2(bins * SAMPLE_RATE / _WINDOW / 440), np.asarray(powers)


def _is_music(frames: Sequence[_Frame]) -> bool:
    if np.mean([frame.share > _TONES_SHARE for frame in frames]) < _TONAL:
        return False
    turns = np.exp(2j * np.pi * np.concatenate([frame.tones for frame in frames])).mean()
    if abs(turns) < _IN_TUNE:
        return False
    beside = np.angle(turns) / (2 * np.pi)
    notes = [np.round(frame.tones - beside).astype(int) % 12 for frame in frames]
    leading = Counter(
        int(each[np.argmax(frame.powers)]) for each, frame in zip(notes, frames, strict=True) if len(each)
    )
    if len({note for each in notes for note in each}) < _LEAST_NOTES:
        return False
    if sum(count > 1 for count in leading.values()) < _LEAST_LEADING:
        return False
    return _change([frozenset(each.tolist()) for each in notes]) >= _CHANGE


def _change(notes: Sequence[frozenset[int]]) -> float:
    pairs = [(a, b) for a, b in zip(notes, notes[_LATER:], strict=False) if a | b]
    return float(np.mean([1 - len(a & b) / len(a | b) for a, b in pairs])) if pairs else 0.0
