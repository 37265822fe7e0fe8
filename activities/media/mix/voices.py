"""The spoken descriptions of a render: which file, where, how fast, how loud; decoded only when they are needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from activities.media.contract import ClipFile, ClipLevel, RenderOptions
from activities.media.sound.loudness import Measured, from_db, measure_clip
from activities.media.sound.peaks import CODING_DB
from activities.media.sound.samples import Samples, decode_file, fit_length, stretch
from schema.errors import Invalid
from schema.plan.model import Fit, Placement, Plan

EDGE_FADE_MS = 3
"""So that a clip that was cut to its planned length does not end with a click."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One description on the render's timeline, in ticks."""

    cue_id: str
    path: Path
    sha256: str
    start: int
    length: int
    clip_length: int
    speed_permille: int
    gain_db: float

    @property
    def end(self) -> int:
        return self.start + self.length

    def load(self, rate: int) -> Samples:
        """Mono, exactly `length` samples, gain applied."""
        samples = fit_length(decode_file(self.path, rate), self.clip_length)
        samples = stretch(samples, rate, self.speed_permille, self.length)
        samples *= np.float32(from_db(self.gain_db))
        edge = min(rate * EDGE_FADE_MS // 1000, self.length // 2)
        if edge:
            slope = (1 + _ramp(edge)) / (edge + 1)
            samples[:, :edge] *= slope
            samples[:, -edge:] *= slope[::-1]
        return samples


def _ramp(length: int) -> Samples:
    return np.arange(length, dtype=np.float32)


def heard(plan: Plan) -> tuple[Placement, ...]:
    """The placements that are rendered, by their start."""
    return tuple(
        sorted(
            (p for p in plan.placements if p.fit is not Fit.DOES_NOT_FIT and p.length > 0),
            key=lambda p: (p.start, p.cue_index),
        )
    )


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_voices(
    plan: Plan,
    clips: Mapping[str, ClipFile],
    options: RenderOptions,
    *,
    target_lufs: float | None,
    laid_db: float,
    measured: Callable[[Path, str], Measured],
) -> tuple[tuple[Voice, ...], tuple[ClipLevel, ...]]:
    """Every description with the gain that brings it to `target_lufs`.

    `laid_db` is what laying one channel into the programme's channels adds to its loudness (3 dB in stereo).
    `measured` answers for a file and its hash, from the cache where it can.

    Raises:
        Invalid: a placement has no clip.
    """
    voices: list[Voice] = []
    levels: list[ClipLevel] = []
    for placement in heard(plan):
        clip = clips.get(placement.cue_id)
        if clip is None or not clip.path.is_file():
            raise Invalid(f"Description {placement.cue_id} has no clip: synthesise it before rendering.")
        digest = file_sha256(clip.path)
        own = clip.gain_db + placement.gain_mb / 100
        wanted = target_lufs if options.match_loudness else None
        loud = Measured(*clip.loudness) if clip.loudness else measured(clip.path, digest)
        level = _level(placement.cue_id, loud, own, wanted, laid_db, options.true_peak_dbtp)
        levels.append(level)
        voices.append(
            Voice(
                placement.cue_id,
                clip.path,
                digest,
                placement.start,
                placement.length,
                placement.clip_length,
                placement.speed_permille,
                level.gain_db,
            )
        )
    return tuple(voices), tuple(levels)


def _level(
    cue_id: str, loud: Measured, own_db: float, target: float | None, laid_db: float, ceiling: float
) -> ClipLevel:
    measured = None if loud.lufs is None else loud.lufs + laid_db
    gain = own_db + (target - measured if target is not None and measured is not None else 0.0)
    most = gain if loud.true_peak_dbtp is None else ceiling - CODING_DB - loud.true_peak_dbtp
    applied = round(min(gain, most), 2)
    return ClipLevel(cue_id, measured, applied, round(max(0.0, gain - applied), 2))


def measure_file(path: Path, rate: int) -> Measured:
    """Loudness and true peak of a clip, as one channel."""
    return measure_clip(decode_file(path, rate), rate)
