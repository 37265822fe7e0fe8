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


def laughter(count: int) -> Samples:
    """Four times eight open vowels a fifth of a second apart, each lower than the one before it, with breath between."""
    chance = np.random.default_rng(3)
    vowel, breath = int(0.11 * RATE), int(0.07 * RATE)
    shape = np.sin(np.pi * np.arange(vowel) / vowel)
    sound = np.zeros(count)
    for start in range(RATE // 2, count - 2 * RATE, int(2.6 * RATE)):
        for turn in range(8):
            at = start + turn * RATE // 5
            pitch = np.full(vowel, 275.0 - 6 * turn) + 5 * chance.normal(size=vowel)
            tone = np.cumsum(pitch) / RATE % 1.0 - 0.5
            spoken = _resonant(tone, ((850, 120, 1.0), (1250, 150, 0.7), (2700, 250, 0.3)))
            sound[at : at + vowel] += spoken / spoken.std() * shape
            sound[at + vowel : at + vowel + breath] += 0.25 * chance.normal(size=breath)
    return sound / sound.std()


def traffic(count: int) -> Samples:
    """A car every three seconds: a rush of air, and an engine whose pitch falls as it passes."""
    at = np.arange(count) / RATE
    rush = pink(count)
    sound = 0.1 * rush
    for passes in np.arange(1, count / RATE, 3):
        near = np.exp(-np.square((at - passes) / 0.8))
        sound += near * (
            rush + 0.6 * np.sign(np.sin(2 * np.pi * (70 * at - 4 * np.arctan(2 * (at - passes)))))
        )
    return sound / sound.std()


def siren(count: int) -> Samples:
    """It rises and falls without a step."""
    at = np.arange(count) / RATE
    turns = np.cumsum(700 + 300 * np.sin(2 * np.pi * 0.4 * at)) / RATE
    return np.sin(2 * np.pi * turns) + 0.3 * np.sin(4 * np.pi * turns)


def horns(count: int) -> Samples:
    """Of an ambulance: two tones in turn, with their harmonics."""
    pitch = np.where(np.arange(count) / RATE % 1.2 < 0.6, 440.0, 585.0)
    sound = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / RATE)) + 0.3 * white(count)
    return sound / sound.std()


def bells(count: int) -> Samples:
    """One that is struck again and again; its partials lie beside the scale."""
    at = np.arange(count) / RATE
    since = (at - 0.5) % 1.5
    partials = ((440, 1.5), (1058, 2), (1350, 2.5), (2400, 4))
    sound = sum(np.exp(-since * fade) * np.sin(2 * np.pi * pitch * since) for pitch, fade in partials)
    return (at >= 0.5) * sound / np.std(sound)


def engine(count: int) -> Samples:
    """In three gears."""
    at = np.arange(count) / RATE
    pitch = 45 * np.select([at < 5, at < 9], [1.0, 1.5], 1.2)
    tone = np.cumsum(pitch) / RATE % 1.0 - 0.5 + 0.1 * white(count)
    sound = _resonant(tone, ((150, 100, 1.0), (600, 300, 0.4)))
    return sound / sound.std()


def strings(count: int) -> Samples:
    """Chords of two seconds with vibrato."""
    at = np.arange(count) / RATE
    sound = np.zeros(count)
    for number, chord in enumerate(((0, 7, 16), (2, 9, 17), (-3, 4, 12), (5, 9, 12))):
        since = at % 8 - 2 * number
        plays = (since >= 0) & (since < 2)
        for note in chord:
            turns = 196 * 2 ** (note / 12) * (at + 0.004 * np.sin(2 * np.pi * 5.2 * at) / (2 * np.pi * 5.2))
            tone = sum(np.sin(2 * np.pi * n * turns) / n for n in range(1, 7))
            sound += plays * np.minimum(1, np.maximum(since, 0) / 0.3) * tone
    return sound / sound.std()


def piano(count: int) -> Samples:
    """Three notes a second of a major scale, each fading out."""
    at = np.arange(count) / RATE
    sound = np.zeros(count)
    scale = np.random.default_rng(4).choice([0, 2, 4, 5, 7, 9, 11, 12], 3 * count // RATE)
    for number, note in enumerate(scale):
        since = at - number / 3
        pitch = 261.6 * 2 ** (note / 12)
        ring = np.where(since >= 0, np.exp(-4 * np.maximum(since, 0)), 0)
        sound += ring * sum(np.sin(2 * np.pi * pitch * n * since) / n**1.5 for n in range(1, 6))
    return sound / sound.std()


def singing(count: int) -> Samples:
    """Two notes a second of a voice without words."""
    at = np.arange(count) / RATE
    sound = np.zeros(count)
    for number, note in enumerate((0, 4, 7, 12, 7, 4, 2, 5)):
        since = at % 4 - number / 2
        plays = (since >= 0) & (since < 0.48)
        turns = np.cumsum(220 * 2 ** (note / 12) * (1 + 0.008 * np.sin(2 * np.pi * 5.5 * at))) / RATE
        sound += plays * np.minimum(1, np.maximum(since, 0) / 0.06) * (turns % 1.0 - 0.5)
    sung = _resonant(sound, ((730, 90, 1.0), (1090, 110, 0.6), (2440, 160, 0.25)))
    return sung / sung.std()


def _resonant(sound: Samples, formants: tuple[tuple[float, float, float], ...]) -> Samples:
    """`sound` through resonances, each a frequency, a width and a level."""
    spectrum, at = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / RATE)
    gain = sum(level / (1 + ((at - centre) / width) ** 2) for centre, width, level in formants)
    return np.fft.irfft(spectrum * gain, len(sound))
