"""When the samples of fragments are presented, told as a progressive MP4 tells it: by edits, on a clock that starts at 0.

A fragment says when it is decoded, on a clock that may have started anywhere. What all tracks wait for is left out;
what one waits for alone becomes an empty edit. Where the standard and FFmpeg differ, FFmpeg counts: probe and plan go by
what it reads.

They differ where composition offsets are negative (`trun` of version 1, ISO/IEC 14496-12, 8.8.8). By the standard a
picture is shown at its decoding time and offset, as the edit list has it, and Firefox shows it so; FFmpeg, and Chromium
with it, shows every picture later by the most negative offset, mostly by a picture or two. A render plays everywhere as
its source does in Chromium.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from activities.media.mp4.tables import SampleTable

_SEEN_AND_HEARD = (b"vide", b"soun")


class Told(NamedTuple):
    """A track: `lead` are seconds of empty edit, and `media_time` is where in the media its presentation begins."""

    handler: bytes
    timescale: int
    lead: Fraction
    media_time: int
    table: SampleTable


def from_zero(tracks: Sequence[Told]) -> list[Told]:
    """The same presentation, with decoding times from 0 and media times that are not negative."""
    starts = [_start(track) for track in tracks if track.handler in _SEEN_AND_HEARD and len(track.table)]
    origin = max(Fraction(0), min(starts, default=Fraction(0)))
    return [_moved(track, origin) if len(track.table) else track for track in tracks]


def _at(track: Told, ticks: int) -> Fraction:
    """Seconds of presentation time at a time of the media."""
    shift = track.table.shift
    # FFmpeg presents no sample of a fragment before it is decoded: all wait for the earliest.
    waits = 0 if shift is None else max(0, -int(shift.min()))
    return track.lead + Fraction(ticks - track.media_time + waits, track.timescale)


def _start(track: Told) -> Fraction:
    return _at(track, int(track.table.cts.min()))


def _moved(track: Told, origin: Fraction) -> Told:
    table = _evenly_begun(track.table) if track.handler == b"soun" else track.table
    begins = int(table.dts[0])
    shown = _at(track, int(table.cts.min())) - origin
    made = replace(table, dts=table.dts - begins, end=table.end - begins)
    earliest = int(made.cts.min())
    hidden = max(0, round(-shown * track.timescale))
    # The first sample that is presented stands where the media's presentation begins: no player waits there again.
    return track._replace(lead=max(Fraction(0), shown), media_time=earliest + hidden, table=made)


def _evenly_begun(table: SampleTable) -> SampleTable:
    """The first packet of a sound may have in its length what the sound waits for, and the encoder's delay; it is as long
    as the next."""
    if len(table) < 3:
        return table
    first, second, third = table.dts[:3].tolist()
    usual = third - second
    if not 0 < usual < second - first:
        return table
    dts = table.dts.copy()
    dts[0] = second - usual
    return replace(table, dts=dts)
