"""Rehearses a render before people work on a source: every precondition, and a dry run of the muxing.

All that a render copies is read to its end, packet by packet; of what it encodes, the beginning is. A source that is
short or whose picture is copied may be rendered here too, so that what came out is looked at. What this lets pass is
rendered, and what a render would refuse is refused here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from activities.media.cache import RangeCache
from activities.media.contract import RenderDiffers, RenderInput, RenderOptions
from activities.media.convert.transcode import check_encodable
from activities.media.files.bounds import bounded_memory, decoding_memory
from activities.media.files.choice import choose, tracks_of
from activities.media.files.opening import open_media
from activities.media.mix.mixer import Mixer
from activities.media.mix.source import Source, open_source
from activities.media.mix.touched import locate
from activities.media.mp4.boxes import Unreadable
from activities.media.mp4.tables import write_table
from activities.media.render.alone import nothing_described
from activities.media.render.picture import retime_picture
from activities.media.timeline import Timeline
from schema.contracts.media import MediaReport
from schema.errors import MediaRefused
from schema.plan.model import Pause, Plan

_PACKETS = 600
"""Of what must be encoded: ten seconds or so."""
_MOST_COPIED = 2 << 30
"""Bytes of a source that is rendered to be looked at: of a larger one, the tables alone are written."""
_SHORT_MS = 20_000
_HELD_UNITS = 48
"""A second or so."""

Look = Callable[[RenderInput], None]
"""Renders, and raises `RenderDiffers` where that is not what was asked for."""


def rehearse(
    path: Path,
    report: MediaReport,
    folder: Path | None = None,
    look: Look | None = None,
    *,
    constant_frame_rate: bool = False,
) -> MediaReport:
    """`report` with what a render will do to the source beside copying it. Works in a folder of its own in `folder`,
    or in the system's for what passes. With `look`, one that is short or whose picture is copied is
    rendered as it is and with pauses, and looked at: damage is often read in one way by us and in another by FFmpeg.
    With `constant_frame_rate` every picture is encoded (`convert.constant`), which must lose nothing of it.

    Raises:
        MediaRefused: no render can be made of it, and why.
    """
    memory = decoding_memory(report.video.width, report.video.height)
    with tempfile.TemporaryDirectory(prefix="rehearsal-", dir=folder) as scratch, bounded_memory(memory):
        try:
            if constant_frame_rate:
                _check_encodable(path, report)
            asked = nothing_described(path, report, Path(scratch) / "out.mp4", Path(scratch))
            source = open_source(asked, RangeCache(asked.cache), lambda _share: None, most_packets=_PACKETS)
            held = replace(asked, plan=_held(asked.plan))
            _retime(source, held.plan)
            is_quick = report.duration_ms <= _SHORT_MS or not source.picture_encoded
            if look is not None and is_quick and report.size_bytes <= _MOST_COPIED:
                for each in (asked, held):
                    look(each)
        except Unreadable as error:
            raise MediaRefused(f"No accessible video can be made of it: {error}. Export it again.") from error
        except RenderDiffers as error:
            raise MediaRefused(
                f"The file is damaged: programs read it in different ways. {' '.join(error.differences)} Export it again."
            ) from error
        except ValueError as error:  # FFmpeg has no such encoder or muxer
            raise MediaRefused(
                f"No accessible video can be made of it ({error}). Export it as H.264 in MP4."
            ) from error
    reasons = tuple(reason for reason in source.reasons if reason not in report.warnings)
    return report.model_copy(update={"rendering": reasons})


def _check_encodable(path: Path, report: MediaReport) -> None:
    with open_media(path) as media:
        check_encodable(choose(media, tracks_of(report)).picture)


def _held(plan: Plan) -> Plan:
    """The plan with a pause at either end and in the middle."""
    ticks = _HELD_UNITS * plan.timebase.grid
    pauses = tuple(
        Pause(at=at, units=_HELD_UNITS, ticks=ticks, cue_ids=(), reason="rehearsal")
        for at in (0, plan.duration // 2, plan.duration)
    )
    return plan.model_copy(update={"pauses": pauses, "added": len(pauses) * ticks})


def _retime(source: Source, plan: Plan) -> None:
    """The tables that a render writes."""
    rate, timeline = plan.timebase.rate, Timeline(plan.pauses)
    for heard in source.sounds:
        own = heard.track.timescale
        counted = timeline if own == rate else timeline.counted(rate, own)
        locate(heard.movie, heard.track, Mixer(counted, (), (), RenderOptions(), own))
    movie, picture = source.encoded or (source.movie, source.picture)
    write_table(retime_picture(movie, picture, timeline, rate).table, b"")
