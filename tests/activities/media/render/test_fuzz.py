"""Broken media that probe and rehearsal let pass is rendered and as planned, within limits of time, memory and disk."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from activities.media.contract import ClipFile, RenderDiffers, RenderInput, RenderOptions
from activities.media.files.choice import tracks_of
from activities.media.probing.probe import probe
from activities.report.facts import render_with_facts
from activities.report.rehearsed import rehearse_seen
from schema.contracts.media import MediaReport
from schema.errors import MediaRefused
from schema.plan.model import Plan
from schema.plan.programme import timebase_of
from tests.activities.media.fuzz_kit import BROKEN, LIMITS, ORIGINALS, cases, run_cases, whole
from tests.activities.media.render_kit import GRID, make_clip, make_plan

BROKE_ONCE = {
    "sound_of_no_known_coding": (116, "rendered"),
    "sound_of_no_channels": (61, "rendered"),
    "sound_without_packets": (61, "rendered"),
    "sound_that_nothing_decodes": (61, "rendered"),
    "packets_that_nothing_decodes": (116, "rendered"),
    "one_picture_without_a_time": (4093, "rendered"),
    "copied_sound_that_cannot_be_spliced": (1293, "rendered"),
    "user_data_longer_than_its_box": (1295, "rendered"),
    "fragment_of_days": (5105, "no video"),
    "data_before_the_picture": (7880, "rendered"),
    "largest_track_number": (31058, "rendered"),
    "packet_of_nineteen_channels": (21456, "rendered"),
    "pictures_seen_after_a_day": (4167, "no video"),
    "descriptions_that_do_not_exist": (208, "rendered"),
    "nothing_decodes_from_a_fifth_of_a_second_on": (21651, "rendered"),
}
"""File in `broken`: the seed of what is asked of it, and what becomes of it."""


def render_it(path: Path, seed: int) -> str:
    """All that the mux step does with a file that the probe step took: none is refused for what it is after people have
    worked. One whose damage FFmpeg reads in two ways, in the source and in the render, is not delivered."""
    folder = path.parent / "render"
    folder.mkdir()
    try:
        report = rehearse_seen(path, probe(path, LIMITS), folder, folder, None)
        asked = _asked(path, report, folder, random.Random(seed))
    except MediaRefused as refusal:
        assert refusal.message.endswith((".", "!")) and len(refusal.message) > 20, refusal.message
        shutil.rmtree(folder)
        return "no video"
    try:
        render_with_facts(asked, None, lambda _share, _words: None)
    except RenderDiffers:
        return "not delivered"
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
    return RenderInput(
        path, planned, clips, folder / "out.mp4", folder / "cache", options, tracks=tracks_of(report)
    )


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


def test_undamaged_files_are_rendered(tmp_path: Path) -> None:
    for seed, original in enumerate(ORIGINALS.values()):
        assert render_it(Path(shutil.copy(original, tmp_path)), seed) == "rendered", original.name


def test_what_broke_once(tmp_path: Path) -> None:
    assert BROKE_ONCE.keys() == BROKEN.keys()
    wanted = [(name, seed) for name, (seed, _) in BROKE_ONCE.items()]
    words = run_cases(render_it, tmp_path, BROKEN, wanted, whole)
    assert dict(zip(BROKE_ONCE, words, strict=True)) == {name: word for name, (_, word) in BROKE_ONCE.items()}


def test_a_hundred_broken_files(tmp_path: Path) -> None:
    words = run_cases(render_it, tmp_path, ORIGINALS, cases(0, 100))
    assert words.count("rendered") > 35  # what probe lets pass is not all refused after all
    assert "not delivered" not in words


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_ten_thousand_broken_files(tmp_path: Path) -> None:
    for first in range(1_000, 11_000, 500):
        assert len(run_cases(render_it, tmp_path, ORIGINALS, cases(first, 500))) == 500
