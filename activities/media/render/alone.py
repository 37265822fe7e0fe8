"""A render that describes nothing: the chosen picture and sound of a source alone, as an MP4.

For those who cannot be told which of several tracks to take, and who do not open every kind of file.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from activities.media.contract import RenderInput
from activities.media.files.bounds import bounded_memory, decoding_memory
from activities.media.files.choice import tracks_of
from activities.media.render.render import render
from schema.contracts.media import MediaReport, Tracks
from schema.plan.model import Plan
from schema.plan.programme import timebase_of


def nothing_described(path: Path, report: MediaReport, output: Path, cache: Path) -> RenderInput:
    """A render of all of the source, without a pause and without a word. `cache` is for this one alone."""
    timebase = timebase_of(report)
    plan = Plan(
        timebase=timebase,
        duration=timebase.to_ticks(report.duration_ms),
        placements=(),
        pauses=(),
        added=0,
    )
    known = str(report.size_bytes)  # nobody else sees what is made here
    return RenderInput(path, plan, {}, output, cache, source_id=known, tracks=tracks_of(report))


def write_alone(path: Path, report: MediaReport, output: Path) -> None:
    """Write the picture that `report` is of, and the sound that is described with it, to `output`.

    Raises:
        MediaRefused: the source cannot be read.
    """
    memory = decoding_memory(report.video.width, report.video.height)
    with tempfile.TemporaryDirectory(prefix="alone-", dir=output.parent) as cache, bounded_memory(memory):
        asked = nothing_described(path, report, output, Path(cache))
        chosen = tracks_of(report)
        render(replace(asked, tracks=Tracks(picture=chosen.picture, sounds=chosen.sounds[:1])))


def report_alone(report: MediaReport, size_bytes: int) -> MediaReport:
    """The report of what `write_alone` made of a source: an MP4 of so many bytes with one picture."""
    changed = {
        "container": "mp4",
        "fragmented": False,
        "size_bytes": size_bytes,
        "tracks": Tracks(picture=0, sounds=((1,),)),
    }
    return report.model_copy(update=changed)
