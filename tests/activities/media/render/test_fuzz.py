"""Broken media that probe lets pass is rendered, or refused with a sentence, within limits of time, memory and disk."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from activities.media.contract import ClipFile, RenderInput, RenderOptions
from activities.media.probing.probe import probe
from activities.report.facts import render_with_facts
from schema.contracts.media import MediaReport
from schema.errors import Invalid, MediaRefused
from schema.plan.model import Plan
from schema.plan.programme import timebase_of
from tests.activities.media.fuzz_kit import LIMITS, cases, make_originals, run_cases
from tests.activities.media.render_kit import GRID, make_clip, make_plan

BROKE_ONCE = (
    ("surround", 116),  # a sound track that nothing decodes
    ("fragmented", 61),  # a sound track without packets
    ("ts", 4093),  # one picture without a time, and no sound
    ("ts", 1293),  # sound that is copied, and then cannot be spliced
    ("hevc", 1295),  # user data longer than what holds it
    ("hevc", 5105),  # a fragment of days
    ("h264_aac", 7880),  # data before the picture
    ("drop_frame", 31058),  # the largest number that a track can have
    ("surround", 21456),  # a packet that says it has nineteen channels
    ("chapters", 4167),  # pictures that are seen after a day, and no sound
)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return make_originals(tmp_path_factory.mktemp("originals"))


def render_it(path: Path, seed: int) -> str:
    """All that the mux step does with a file that probe took."""
    try:
        report = probe(path, LIMITS)
    except MediaRefused:
        return "no video"
    folder = path.parent / "render"
    folder.mkdir()
    try:
        asked = _asked(path, report, folder, random.Random(seed))
        render_with_facts(asked, None, lambda _share, _words: None)
    except (MediaRefused, Invalid) as refusal:
        assert refusal.message.endswith((".", "!")) and len(refusal.message) > 20, refusal.message
        return "refused"
    finally:
        shutil.rmtree(folder)
    return "rendered"


def _asked(path: Path, report: MediaReport, folder: Path, rng: random.Random) -> RenderInput:
    planned = _plan(report, rng)
    clip = ClipFile(make_clip(folder / "clip.wav", 0.2), loudness=(-20.0, -3.0))
    options = RenderOptions(
        ambience=rng.choice(("silence", "held")),
        fragmented=rng.random() < 0.2,
        both_tracks=rng.random() < 0.2,
        loudness_lufs=rng.choice((None, None, None, -23.0)),
        constant_frame_rate=rng.random() < 0.05,
    )
    clips = {placement.cue_id: clip for placement in planned.placements}
    return RenderInput(path, planned, clips, folder / "out.mp4", folder / "cache", options)


def _plan(report: MediaReport, rng: random.Random) -> Plan:
    """A pause with a description in it somewhere, often at an edge, and a description over the programme."""
    timebase = timebase_of(report)
    duration = timebase.to_ticks(report.duration_ms)
    at = rng.choice((0, duration, duration // 2, rng.randrange(duration)))
    over = rng.randrange(duration)
    length = timebase.to_ticks(200)
    return make_plan(
        [(at, 12)],
        [(at, length), (over if over < at else over + 12 * GRID, length)],
        rate=timebase.rate,
        seconds=duration / timebase.rate,
    )


def test_undamaged_files_are_rendered(tmp_path: Path, originals: dict[str, bytes]) -> None:
    for seed, (name, data) in enumerate(originals.items()):
        path = tmp_path / name
        path.write_bytes(data)
        assert render_it(path, seed) == "rendered", name


def test_what_broke_once(tmp_path: Path, originals: dict[str, bytes]) -> None:
    counts = run_cases(render_it, tmp_path, originals, list(BROKE_ONCE))
    assert counts.get("rendered", 0) + counts.get("refused", 0) == len(BROKE_ONCE)


def test_a_few_hundred_broken_files(tmp_path: Path, originals: dict[str, bytes]) -> None:
    counts = run_cases(render_it, tmp_path, originals, cases(0, 250))
    assert sum(counts.values()) == 250
    assert counts["rendered"] > 90  # what probe lets pass is not all refused after all


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_ten_thousand_broken_files(tmp_path: Path, originals: dict[str, bytes]) -> None:
    for first in range(1_000, 11_000, 500):
        counts = run_cases(render_it, tmp_path, originals, cases(first, 500))
        assert sum(counts.values()) == 500
