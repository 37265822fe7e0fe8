"""What the tests' media sound like: (first sample, count, rate, channels) to float32 of shape (channels, count)."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]


@functools.cache
def _noise() -> Sound:
    noise: Sound = np.random.default_rng(20).standard_normal(1 << 16).astype(np.float32)
    return noise


def broadband(first: int, count: int, rate: int, channels: int) -> Sound:
    """A little noise under a slow sweep, different in each channel; its level swells once in two seconds."""
    at = np.arange(first, first + count)
    seconds = at / rate
    swell = 0.12 + 0.1 * np.sin(np.pi * seconds)
    tone = np.sin(2 * np.pi * (220 * seconds + 90 * np.sin(0.5 * np.pi * seconds)))
    rows = [
        swell * tone * (1 - 0.1 * channel) + 0.03 * _noise()[(at + 977 * channel) % len(_noise())]
        for channel in range(channels)
    ]
    return np.stack(rows).astype(np.float32)


def silence(first: int, count: int, rate: int, channels: int) -> Sound:
    return np.zeros((channels, count), np.float32)


def bursts(first: int, count: int, rate: int, channels: int) -> Sound:
    """Half a second of sound, half a second of digital silence, and so on."""
    loud = (np.arange(first, first + count) // (rate // 2)) % 2 == 0
    burst: Sound = (broadband(first, count, rate, channels) * loud).astype(np.float32)
    return burst
