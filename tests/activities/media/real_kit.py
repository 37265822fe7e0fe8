"""Sources as they come: made, probed, rehearsed, rendered and verified, as a job does."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from activities.media.contract import ClipFile, RenderInput, RenderOptions, RenderResult
from activities.media.files.choice import tracks_of
from activities.media.probing.probe import Limits, probe
from activities.media.render.rehearse import rehearse
from activities.media.render.render import render
from activities.media.verify.verify import verify
from schema.contracts.media import MediaReport
from schema.contracts.outputs import TrackChoice
from schema.plan.model import Plan
from schema.plan.programme import timebase_of
from tests.activities.media.render_kit import make_clip, make_plan
from tests.media_factory import X264_CLOSED, Spec, make_video

HEVC = {"preset": "ultrafast", "x265-params": "log-level=none"}
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


def plan_for(report: MediaReport, units: int = 20) -> Plan:
    """Two pauses with a description each, and a third over the programme."""
    timebase = timebase_of(report)
    third = timebase.to_ticks(report.duration_ms) // 3
    pauses = [(third + 17, units), (2 * third + 5, 2 * units)]
    second = 2 * third + 5 + units * 1024
    places = [(third + 17 + 2000, 9000), (second + 2000, 9000), (second + 2 * units * 1024 + 4000, 5000)]
    return make_plan(pauses, places, rate=timebase.rate, seconds=report.duration_ms / 1000)


def rendered(
    source: Path, folder: Path, *, units: int = 20, tracks: TrackChoice | None = None
) -> tuple[MediaReport, Plan, RenderResult]:
    """Probed, rehearsed, rendered, and verified by the product's own second pair of eyes."""
    report = rehearse(source, probe(source, Limits(), tracks))
    plan = plan_for(report, units)
    clip = ClipFile(make_clip(folder / "clip.wav", 0.25, plan.timebase.rate))
    asked = RenderInput(
        source,
        plan,
        {placement.cue_id: clip for placement in plan.placements},
        folder / "out.mp4",
        folder / "cache",
        RenderOptions(),
        language="en",
        tracks=tracks_of(report),
    )
    result = render(asked)
    verify(asked, result)
    assert set(report.rendering) <= set(result.report.reasons)
    return report, plan, result


def video(folder: Path, extension: str = "mp4", **changes: Any) -> Path:
    return make_video(folder / f"source.{extension}", Spec(**({"options": dict(X264_CLOSED)} | changes)))


def since(pictures: list[tuple[int, Fraction]], moved: Fraction) -> list[tuple[int, Fraction]]:
    return [(number, at - moved) for number, at in pictures]
