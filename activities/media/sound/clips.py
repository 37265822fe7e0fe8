"""A spoken description as it is kept: no silence at its ends, no long pause inside, at the programme's rate, measured.

The same recording gives the same bytes, and its length in samples is exact: the plan counts on it, and the render lays
down these very samples.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from activities.media.files.opening import SAFE_OPTIONS, settle_layouts
from activities.media.sound.loudness import measure_clip as measure_loudness
from schema.errors import MediaRefused

LONGEST_S = 300
"""A longer recording is no description of one scene."""
_HOP_MS = 5
_BELOW_PEAK_DB, _FLOOR_DB = 42.0, -55.0
"""Quieter than the loudest hop by so much, or than the floor, is silence: breath and room of a recording count as
such, the end of an unstressed syllable does not."""
_LEAD_MS, _TAIL_MS = 15, 60
"""Kept before the first sound and after the last: stops begin softly, and voices die away."""
_LONG_PAUSE_MS, _KEPT_PAUSE_MS = 450, 300
"""A pause within a description that is longer than the first is shortened to the second."""
_JOIN_MS = 5
"""Crossfade where a pause was shortened, so that room noise does not click."""


@dataclass(frozen=True, slots=True)
class MeasuredClip:
    """A description's sound. Lengths are samples at `rate`."""

    flac: bytes
    """Mono, 16 bit: the form that is kept."""
    sha256: str
    """Of the samples (16-bit little-endian), as in `schema.plan.model.Clip`."""
    rate: int
    length: int
    trimmed: int
    """Samples of silence that were taken away."""
    lufs: float | None
    true_peak_dbtp: float | None
    clipped: bool
    """The recording reaches full scale, which cannot be mended here."""


def measure_clip(recording: bytes, rate: int) -> MeasuredClip:
    """Trim, shorten pauses, resample to `rate`, and measure. `recording` is any audio file, such as a voice's WAV.

    Raises:
        MediaRefused: it does not open, is longer than five minutes, or holds nothing that can be heard.
    """
    mono = _decode(recording, rate)
    spoken = _spoken(mono, rate)
    if not spoken:
        raise MediaRefused("The recording is silent: speak the description again.")
    kept = _join([mono[start:end] for start, end in spoken], rate * _JOIN_MS // 1000)
    samples = np.clip(np.rint(kept * 32768), -32768, 32767).astype("<i2")
    loud = measure_loudness((samples / np.float32(32768))[None], rate)
    return MeasuredClip(
        flac=encode_flac(samples, rate),
        sha256=hashlib.sha256(samples.tobytes()).hexdigest(),
        rate=rate,
        length=len(samples),
        trimmed=len(mono) - len(samples),
        lufs=None if loud.lufs is None else round(loud.lufs, 2),
        true_peak_dbtp=None if loud.true_peak_dbtp is None else round(loud.true_peak_dbtp, 2),
        clipped=int((np.abs(samples.astype(np.int32)) >= 32767).sum()) > 3,
    )


def _decode(recording: bytes, rate: int) -> NDArray[np.float32]:
    """Mono at `rate`, within ±1, one-dimensional."""
    parts: list[NDArray[np.float32]] = []
    length = 0
    try:
        # Tags of a recorder may be in any encoding.
        with av.open(io.BytesIO(recording), "r", options=SAFE_OPTIONS, metadata_errors="replace") as media:
            settle_layouts(media)
            resampler = AudioResampler(format="fltp", layout="mono", rate=rate)
            for frame in chain(media.decode(audio=0), (None,)):
                if frame is not None:
                    frame.pts = None
                for shaped in resampler.resample(frame):
                    parts.append(shaped.to_ndarray()[0].astype(np.float32, copy=False))
                    length += shaped.samples
                if length > LONGEST_S * rate:
                    raise MediaRefused(
                        f"The recording is longer than {LONGEST_S // 60} minutes: cut it to one description."
                    )
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise MediaRefused(f"The recording is not sound that can be read ({error}).") from error
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _spoken(mono: NDArray[np.float32], rate: int) -> list[tuple[int, int]]:
    """The ranges of samples to keep, in order; empty for silence."""
    hop = rate * _HOP_MS // 1000
    hops = len(mono) // hop
    if hops == 0:
        return []
    power = np.square(mono[: hops * hop].reshape(hops, hop), dtype=np.float64).mean(axis=1)
    levels = 10 * np.log10(power + 1e-12)
    loud = np.flatnonzero(levels > max(_FLOOR_DB, float(levels.max()) - _BELOW_PEAK_DB))
    if len(loud) == 0:
        return []
    start = max(0, int(loud[0]) * hop - rate * _LEAD_MS // 1000)
    end = min(len(mono), (int(loud[-1]) + 1) * hop + rate * _TAIL_MS // 1000)
    ranges: list[tuple[int, int]] = []
    half = rate * _KEPT_PAUSE_MS // 2000
    for before, after in pairwise(loud):
        if (after - before - 1) * _HOP_MS > _LONG_PAUSE_MS:
            ranges.append((start, (int(before) + 1) * hop + half))
            start = int(after) * hop - half
    return [*ranges, (start, end)]


def _join(parts: list[NDArray[np.float32]], overlap: int) -> NDArray[np.float32]:
    """One after the other, each faded into the next over `overlap` samples; the ends are faded too."""
    slope = np.linspace(0, 1, overlap, endpoint=False, dtype=np.float32)
    joined: list[NDArray[np.float32]] = []
    for part in (part.copy() for part in parts):
        edge = min(overlap, len(part) // 2)
        part[:edge] *= slope[:edge]
        part[len(part) - edge :] *= slope[:edge][::-1]
        if joined and edge == overlap:
            joined[-1][-overlap:] += part[:overlap]
            part = part[overlap:]
        joined.append(part)
    return np.concatenate(joined)


def encode_flac(samples: NDArray[np.int16], rate: int) -> bytes:
    """One-dimensional 16-bit samples as mono FLAC; the bytes carry no library's version."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac", options={"fflags": "+bitexact"}) as output:
        stream = output.add_stream("flac", rate=rate, layout="mono", format="s16")
        stream.codec_context.open(strict=False)
        size = stream.codec_context.frame_size
        for start in range(0, len(samples), size):
            frame = AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[None, start : start + size]), format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            output.mux(list(stream.encode(frame)))
        output.mux(list(stream.encode(None)))
    return buffer.getvalue()
