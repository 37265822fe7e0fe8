"""The soundtrack: the narrator (flite's voice `slt`), with the sea and rain far below it."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from deploy.local.sample import script

RATE = 48_000
Sound = NDArray[np.float64]
Caption = tuple[float, float, str]
"""(start, end, text), in seconds."""

_VOICE_PEAK = 0.5
_LONGEST_CAPTION = 80
"""Characters: two lines of 42 do not hold more words."""
_SEA, _RAIN, _RAIN_INSIDE = -52.0, -51.0, -57.0
"""Levels in dBFS (RMS), far below the voice. There is no music, because a draft recogniser hears words in it."""


def soundtrack() -> tuple[NDArray[np.float32], tuple[Caption, ...]]:
    """Stereo sound of shape (2, samples) at 48 kHz, and (start, end, text) in seconds of every caption."""
    count = round(script.LENGTH_S * RATE)
    voice = np.zeros(count)
    said: list[Caption] = []
    for line in script.LINES:
        spoken = _speak(line.text)
        at = round(line.start_s * RATE)
        voice[at : at + len(spoken)] += spoken
        said += _captions(line.start_s, spoken, line.text)
    left, right = (voice + _weather(count, side) for side in (0, 1))
    return np.stack([left, right]).astype(np.float32), tuple(said)


def _speak(text: str) -> Sound:
    """One sentence at 48 kHz without the silence around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(path)], check=True)
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            rate = file.getframerate()
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 250)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, loud[0] : loud[-1]]), "s16", "mono")
    frame.sample_rate = rate
    resampler = AudioResampler("fltp", "mono", RATE)
    parts = [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    sound: Sound = np.concatenate(parts).astype(np.float64)
    edge = RATE // 100
    sound[:edge] *= np.linspace(0, 1, edge)
    sound[-edge:] *= np.linspace(1, 0, edge)
    sound *= _VOICE_PEAK / np.abs(sound).max()
    return sound


def _captions(start_s: float, spoken: Sound, text: str) -> list[Caption]:
    """The sentence, or its two halves where it is too long for a caption: the voice pauses at its comma."""
    end_s = start_s + len(spoken) / RATE
    if len(text) <= _LONGEST_CAPTION:
        return [(start_s, end_s, text)]
    comma = max(at for at, letter in enumerate(text) if letter == ",")
    hop = RATE // 100
    levels = np.abs(spoken[: len(spoken) // hop * hop]).reshape(-1, hop).max(axis=1)
    near = round(len(levels) * comma / len(text))
    first = max(0, near - 40)
    pause = first + int(np.argmin(np.convolve(levels[first : near + 40], np.ones(8), "valid")))
    return [
        (start_s, start_s + pause / 100, text[: comma + 1]),
        (start_s + (pause + 8) / 100, end_s, text[comma + 2 :]),
    ]


def _weather(count: int, side: int) -> Sound:
    t = np.arange(count) / RATE
    rng = np.random.default_rng(40 + side)
    white = rng.standard_normal(count)
    sea = _band(white, 80, 700) * (0.6 + 0.4 * np.sin(2 * np.pi * t / 5.5 + side * 0.5))
    rain = _band(rng.standard_normal(count), 900, 9000)
    points = [script.TOWER, script.TOWER + 0.1, script.LAMP_ROOM, script.LAMP_ROOM + 0.1, script.LIGHT]
    points += [script.LIGHT + 0.1, script.DAWN - 1, script.DAWN]
    outside, inside = 10 ** (_RAIN / 20), 10 ** (_RAIN_INSIDE / 20)
    gain = np.interp(t, points, [0, outside, outside, inside, inside, outside, outside, 0])
    weather: Sound = _at_level(sea, _SEA) + rain / np.sqrt(np.square(rain).mean()) * gain
    return weather


def _band(noise: Sound, low: float, high: float) -> Sound:
    spectrum = np.fft.rfft(noise)
    frequencies = np.fft.rfftfreq(len(noise), 1 / RATE)
    spectrum *= np.clip(frequencies / low, 0, 1) ** 2 / (1 + (frequencies / high) ** 2)
    sound: Sound = np.fft.irfft(spectrum, len(noise))
    return sound


def _at_level(sound: Sound, dbfs: float) -> Sound:
    """Scaled so that what is not silent has this level."""
    heard = sound[np.abs(sound) > 1e-9]
    leveled: Sound = sound * 10 ** (dbfs / 20) / np.sqrt(np.square(heard).mean())
    return leveled
