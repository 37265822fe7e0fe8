"""The descriptions alone: an hour that holds ten minutes of them, against the ten minutes without the silence.

Both are processor time, in the same run: what stands between descriptions should cost next to nothing.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from activities.media.mix.ad_mp3 import write_ad_mp3
from tests.activities.media.mix.ad_kit import RATE, plan_of, spoken
from tests.benchmarks.conftest import Compare

pytestmark = pytest.mark.bench

CLIPS, SECONDS = 100, 6
ROUNDS = 3


def spent(folder: Path, every_s: int, length: int) -> float:
    """Processor seconds for `CLIPS` descriptions, of which one begins every so many seconds."""
    plan = plan_of([n * every_s * RATE for n in range(CLIPS)], length, CLIPS * every_s * RATE)
    clips = {placement.cue_id: folder / "clip.flac" for placement in plan.placements}
    began = time.process_time()
    write_ad_mp3(plan, clips, folder / "ad.mp3", title="The lighthouse", language="en")
    return time.process_time() - began


def test_silence_between_descriptions_costs_next_to_nothing(tmp_path: Path, ratio: Compare) -> None:
    length = spoken(tmp_path / "clip.flac", SECONDS)
    rounds = [(spent(tmp_path, 36, length), spent(tmp_path, SECONDS, length)) for _ in range(ROUNDS)]
    hour, ten_minutes = (min(times) for times in zip(*rounds, strict=True))
    ratio("AD MP3 of an hour, to its ten minutes of speech", hour, ten_minutes)
