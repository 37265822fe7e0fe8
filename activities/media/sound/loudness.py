"""Loudness by ITU-R BS.1770-4 / EBU R128, measured with FFmpeg's `ebur128` and applied as one linear gain."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.media.sound.samples import MOST_PLANES, Samples, sound_frame

FADE_ABOVE_LUFS = -40.0
"""A programme that is louder than this where it stops is faded, not chopped."""
_FLOOR_LUFS = -69.0
"""`ebur128` answers -70 where nothing passed the absolute gate."""


class Measured(NamedTuple):
    """Integrated loudness (None: nothing above the gate) and true peak (None: digital silence)."""

    lufs: float | None
    true_peak_dbtp: float | None


class Meter:
    """Streams samples through the EBU R128 measurement in flat memory. Without `peaks`, which are two thirds of the
    work, only loudness."""

    def __init__(self, rate: int, layout: str, *, peaks: bool = True) -> None:
        from av import AudioLayout
        from av.filter import Graph

        self._rate, self._layout = rate, layout
        self._graph = Graph()
        packed = AudioLayout(layout).nb_channels > MOST_PLANES
        source = self._graph.add_abuffer(sample_rate=rate, format="flt" if packed else "fltp", layout=layout)
        meter = self._graph.add("ebur128", f"peak={'true' if peaks else 'none'}:metadata=1:framelog=quiet")
        sink = self._graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()
        self._last: dict[str, str] = {}

    def add(self, samples: Samples) -> None:
        if samples.shape[1] == 0:
            return
        self._graph.push(sound_frame(samples, self._rate, self._layout))
        self._drain()

    def _drain(self) -> None:
        import av

        while True:
            try:
                # A last piece shorter than the filter's tenth of a second comes without figures.
                self._last = dict(self._graph.pull().metadata) or self._last
            except (av.error.EOFError, av.error.BlockingIOError):
                return

    def result(self) -> Measured:
        self._graph.push(None)
        self._drain()
        lufs = float(self._last.get("lavfi.r128.I", "-inf"))
        peak = float(self._last.get("lavfi.r128.true_peak", "0"))
        return Measured(lufs if lufs > _FLOOR_LUFS else None, to_db(peak) if peak > 0 else None)


def measure(blocks: Iterable[Samples], rate: int, layout: str, *, peaks: bool = True) -> Measured:
    """The whole of what `blocks` yields."""
    meter = Meter(rate, layout, peaks=peaks)
    for block in blocks:
        meter.add(block)
    return meter.result()


def measure_clip(samples: NDArray[np.floating[Any]], rate: int) -> Measured:
    """A mono clip. One shorter than the 400 ms gating block is measured as if it were repeated."""
    if samples.shape[1] == 0:
        return Measured(None, None)
    times = max(1, math.ceil(0.45 * rate / samples.shape[1]))
    return measure([np.tile(samples.astype(np.float32, copy=False), times)], rate, "mono")


def to_db(ratio: float) -> float:
    return 20 * math.log10(ratio)


def from_db(db: float) -> float:
    return float(10 ** (db / 20))


def momentary_lufs(samples: Samples, rate: int) -> float:
    """K-weighted level of a short block, ungated (BS.1770-4 §2), weighted in the frequency domain."""
    length = samples.shape[1]
    if length == 0:
        return -math.inf
    spectrum = np.abs(np.fft.rfft(samples, axis=1)) ** 2 * 2 / length**2
    power = float((spectrum * _k_weight(length, rate)).sum())
    return -0.691 + 10 * math.log10(power) if power > 1e-12 else -math.inf


@lru_cache(maxsize=2)
def _k_weight(length: int, rate: int) -> NDArray[np.floating[Any]]:
    """|H(f)|² of the two stages of BS.1770-4 tables 1 and 2, whose coefficients are for 48 kHz, at the frequencies of
    a transform of `length` samples."""
    z = np.exp(-2j * np.pi * np.minimum(np.fft.rfftfreq(length, 1 / rate), 24_000) / 48_000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    weight: NDArray[np.floating[Any]] = np.abs(shelf * high_pass) ** 2
    return weight
