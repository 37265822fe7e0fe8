"""Sounds in which nobody speaks: `count` samples at 16 kHz as floats, one-dimensional, with a level of about 1 (RMS)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Samples = NDArray[np.float64]


def white(count: int) -> Samples:
    """As rain or a fan: the same power at every frequency."""
    return np.random.default_rng(1).normal(size=count)


def pink(count: int) -> Samples:
    """As wind: the power falls by 3 dB an octave."""
    spectrum = np.fft.rfft(white(count))
    shaped = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), count)
    return shaped / shaped.std()


def hum(count: int) -> Samples:
    """Mains at 50 Hz, with harmonics."""
    at = np.arange(count) / RATE
    return sum(np.sin(2 * np.pi * 50 * n * at) / n for n in range(1, 8)) * 1.2


def music(count: int) -> Samples:
    """A melody of plucked strings, two notes a second, over a bass."""
    at = np.arange(count) / RATE
    scale = (0, 4, 7, 12, 9, 7, 4, 2)
    sound = np.zeros(count)
    for note in range(count * 2 // RATE):
        since = at - note / 2
        pitch = 220 * 2 ** (scale[note % len(scale)] / 12)
        ring = np.where(since >= 0, np.exp(-5 * np.maximum(since, 0)), 0)
        sound += ring * sum(np.sin(2 * np.pi * pitch * n * since) / n for n in (1, 2, 3))
    sound += 0.4 * np.sin(2 * np.pi * 110 * at)
    return sound / sound.std()


def applause(count: int) -> Samples:
    """Claps of many hands: short bursts of noise at random times."""
    chance = np.random.default_rng(2)
    sound = np.zeros(count)
    for start in chance.integers(0, max(1, count - 400), count // 200):
        sound[start : start + 400] += chance.normal(size=400) * np.exp(-np.arange(400) / 60)
    return sound / sound.std()
