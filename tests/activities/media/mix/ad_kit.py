"""Descriptions for an AD MP3: a tone as each clip, and a plan that says where they are heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from activities.media.sound.clips import encode_flac
from schema.plan.model import Fit, Placement, Plan, Timebase

RATE = 48_000


def spoken(path: Path, seconds: float, rate: int = RATE) -> int:
    """A tone that a pause of 5 ms at each end bounds; its length in samples."""
    length = int(seconds * rate)
    wave = np.sin(2 * np.pi * 440 * np.arange(length) / rate) * 3000
    path.write_bytes(encode_flac(wave.astype("<i2"), rate))
    return length


def plan_of(starts: list[int], length: int, duration: int, rate: int = RATE) -> Plan:
    placements = tuple(
        Placement(
            cue_id=f"d{n}",
            cue_index=n,
            fit=Fit.AS_IS,
            wanted=start,
            source_start=start,
            start=start,
            length=length,
            clip_length=length,
            gap_start=start,
            gap_end=start + length,
            explanation="It fits.",
        )
        for n, start in enumerate(starts)
    )
    return Plan(timebase=Timebase(rate=rate), duration=duration, placements=placements, pauses=(), added=0)
