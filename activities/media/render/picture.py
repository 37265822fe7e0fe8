"""The picture's tables under a plan: no packet changes, only when each is shown.

With N ticks of pause before it, a picture moves by C = round(N / rate * timescale), rounded once from the sum, so that
nothing drifts. A picture at or after a pause point comes after the pause; the one before it is simply held.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from activities.media.mp4.movie import Movie, Track
from activities.media.mp4.tables import Ints, SampleTable
from activities.media.timeline import Timeline

MOST_SNAP_MS = 100
_HELD_SYNC = 64
"""Pictures after a sync sample, in decoding order, among which its leading pictures are looked for."""


class Retimed(NamedTuple):
    """A track on the render's timeline. `media_time` and `length` (track timescale) are its one edit's."""

    table: SampleTable
    media_time: int
    length: int
    lead: Fraction
    """Seconds before the track begins."""
    shifts_ms: tuple[tuple[int, int], ...] = ()


def retime_picture(movie: Movie, track: Track, timeline: Timeline, rate: int) -> Retimed:
    """The picture held at each pause. A track that begins late shows its first picture from 0 on.

    ISO/IEC 14496-12 §8.6.1 to §8.6.6. Firefox does not wait at an empty edit before pictures, hence the hold.
    """
    table = track.table
    cts = table.cts - track.media_time
    lead = round(track.lead(movie.timescale) * track.timescale)
    shown = cts[cts >= 0]
    first = int(shown.min()) if len(shown) else int(cts.min())
    points, shifts = _points(track, cts, timeline, rate, first, lead)
    sums = _shifts_of(timeline, rate, track.timescale)
    if lead:
        # The wait before a late picture is a hold of that picture like any other.
        sums = sums + lead
        sums[0] = 0
        points = np.append(first + 1, points)
        sums = np.insert(sums, 1, lead)
    k = np.searchsorted(points, cts, side="right")
    suffix = np.minimum.accumulate(k[::-1])[::-1]
    dts = table.dts + sums[suffix]
    moved = table.cts + sums[k]
    total = int(sums[-1])
    end = table.end + total
    shift = (moved - dts).astype(np.int32)
    shown_length = _presented(movie, track, cts) + total
    made = replace(table, dts=dts, end=end, shift=shift if shift.any() else None)
    return Retimed(made, track.media_time, shown_length, Fraction(0), shifts)


def _shifts_of(timeline: Timeline, rate: int, timescale: int) -> Ints:
    """C after 0, 1, 2 … pauses, in the track's timescale."""
    sums = np.cumsum([0, *(pause.ticks for pause in timeline.pauses)])
    return np.array([round(Fraction(int(n) * timescale, rate)) for n in sums], np.int64)


def _presented(movie: Movie, track: Track, cts: Ints) -> int:
    """How long the pictures are shown, in the track's timescale.

    The last picture's own length is that of the sample last in decoding order only where nothing was reordered, so
    that the track's total is what counts.
    """
    start = int(cts.min()) if len(cts) else 0
    whole = track.table.end - int(track.table.dts[0]) + min(0, start)
    for edit in track.edits:
        if edit.media_time >= 0 and edit.length:
            told = round(Fraction(edit.length * track.timescale, movie.timescale))
            slack = -(-track.timescale // movie.timescale) + 1
            return whole if abs(told - whole) <= slack else told
    return whole


def _points(
    track: Track, cts: Ints, timeline: Timeline, rate: int, first: int, lead: int
) -> tuple[Ints, tuple[tuple[int, int], ...]]:
    """Pause points in media time: after the first picture, and before the leading pictures of an open GOP."""
    points = [max(-(-pause.at * track.timescale // rate) - lead, first + 1) for pause in timeline.pauses]
    shifts = []
    open_at = _open_gops(track.table, cts)
    for index, point in enumerate(points):
        snapped = _snap(open_at, cts, point)
        if (point - snapped) * 1000 > MOST_SNAP_MS * track.timescale:
            snapped = point
        if snapped < point:
            points[index] = max(snapped, first + 1)
            shifts.append((index, round((point - points[index]) * 1000 / track.timescale)))
    return np.maximum.accumulate(np.array(points, np.int64)), tuple(shifts)


def _open_gops(table: SampleTable, cts: Ints) -> tuple[Ints, Ints]:
    """(sync samples with pictures after them in decoding order that are shown before them, when the first of these
    is shown)"""
    if table.sync is None or table.shift is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    sync = np.flatnonzero(table.sync)
    later = np.minimum.accumulate(cts[::-1])[::-1][sync]
    leads = later < cts[sync]
    return sync[leads], later[leads]


def _snap(open_at: tuple[Ints, Ints], cts: Ints, point: int) -> int:
    """Where a point falls between a sync sample and its leading pictures, the first of these (in media time)."""
    syncs, later = open_at
    # Those that would move while a picture decoded after them would not.
    for sync in syncs[(cts[syncs] >= point) & (later < point)]:
        leading = cts[sync + 1 : sync + _HELD_SYNC]
        leading = leading[leading < cts[sync]]
        if len(leading):
            point = min(point, int(leading.min()))
    return point


def retime_other(
    movie: Movie, track: Track, timeline: Timeline, rate: int, *, at_pause_stays: bool
) -> Retimed:
    """Text, chapters and data: each sample begins where its moment went. One that spans a pause is stretched."""
    table, scale = track.table, track.timescale
    lead = track.lead(movie.timescale)
    start = table.dts - track.media_time + round(lead * scale)
    points = np.array([round(Fraction(p.at * scale, rate)) for p in timeline.pauses], np.int64)
    sums = _shifts_of(timeline, rate, scale)
    side = "left" if at_pause_stays else "right"
    k = np.searchsorted(points, start, side=side)  # type: ignore[call-overload]
    k[:1] = 0 if not lead and len(start) and start[0] <= 0 else k[:1]
    end = table.end - track.media_time + round(lead * scale)
    last = int(sums[np.searchsorted(points, end, side="left")])
    dts = table.dts + sums[k] - (sums[k[0]] if len(k) else 0)
    moved = Fraction(int(sums[k[0]]), scale) if len(k) else Fraction(0)
    base = round(moved * scale)
    made = replace(table, dts=dts, end=table.end + last - base)
    return Retimed(made, track.media_time, table.end - track.media_time + last - base, lead + moved)
