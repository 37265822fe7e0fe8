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
_COARSE = 90_000
_MOST_STEP, _MOST_SHIFT = 1 << 31, 1 << 28
"""What players read of a length and of a composition offset: FFmpeg to 6 drops all offsets where one is larger."""
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
    timescale: int | None = None
    """Where it is not the track's own: one whose numbers fit where the own one's do not."""


def lasting(track: Track, movie: Movie, heard: Fraction) -> Track:
    """The track with a last picture that is seen: one that tells no length stays until the sound ends, `heard` seconds
    from the beginning, and for a usual step at least."""
    table = track.table
    if not len(table) or table.end > int(table.dts[-1]):
        return track
    steps = np.diff(np.sort(table.cts))
    usual = int(steps[steps > 0].min()) if (steps > 0).any() else track.timescale // 25
    shown = int(table.cts.max()) - track.media_time
    rest = round((heard - track.lead(movie.timescale)) * track.timescale) - shown
    more = max(usual, rest)
    edits = tuple(edit._replace(length=0) if edit.media_time >= 0 else edit for edit in track.edits)
    return replace(track, table=replace(table, end=table.end + more), edits=edits)


def retime_picture(movie: Movie, track: Track, timeline: Timeline, rate: int) -> Retimed:
    """The picture held at each pause. A track that begins late shows its first picture from 0 on.

    ISO/IEC 14496-12 §8.6.1 to §8.6.6. Firefox does not wait at an empty edit before pictures, hence the hold.
    """
    table = track.table
    late = max(0, int(table.cts.min()) - track.media_time)
    media_time = track.media_time + late
    cts = table.cts - media_time
    lead = round(track.lead(movie.timescale) * track.timescale)
    if not any(edit.media_time >= 0 for edit in track.edits):
        lead += late  # players that are told of no edit wait; where one begins too early, they do not
    presented = _presented(movie, track, cts, late)
    shown = cts[cts >= 0]
    first = int(shown.min()) if len(shown) else int(cts.min())
    if first > 0 and len(shown) < len(cts):
        # FFmpeg, and the plan with it, has the first picture that is not hidden at 0, and all as much earlier.
        cts, first = cts - first, 0
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
    shift = moved - dts
    shown_length = presented + total
    made = replace(table, dts=dts, end=end, shift=shift if shift.any() else None)
    return fitting(Retimed(made, media_time, shown_length, Fraction(0), shifts), track.timescale)


def fitting(retimed: Retimed, timescale: int) -> Retimed:
    """On a coarser clock where players read no step as long as one of these: on a clock of nanoseconds, 0.27 s."""
    table = retimed.table
    steps = np.diff(np.append(table.dts, table.end))
    fits = not len(steps) or int(steps.max()) < _MOST_STEP
    if table.shift is not None:
        fits = fits and int(np.abs(table.shift).max()) < _MOST_SHIFT
    if fits or timescale <= _COARSE:
        return retimed

    def coarser(ticks: Ints) -> Ints:
        rounded: Ints = np.rint(ticks * (_COARSE / timescale)).astype(np.int64)
        return rounded

    dts, shown = coarser(table.dts), coarser(table.cts)
    shift = None if table.shift is None else shown - dts
    end = round(Fraction(table.end * _COARSE, timescale))
    media_time, length = (
        round(Fraction(ticks * _COARSE, timescale)) for ticks in (retimed.media_time, retimed.length)
    )
    made = replace(table, dts=dts, shift=shift, end=end)
    return retimed._replace(table=made, media_time=media_time, length=length, timescale=_COARSE)


def _shifts_of(timeline: Timeline, rate: int, timescale: int) -> Ints:
    """C after 0, 1, 2 … pauses, in the track's timescale."""
    sums = np.cumsum([0, *(pause.ticks for pause in timeline.pauses)])
    return np.array([round(Fraction(int(n) * timescale, rate)) for n in sums], np.int64)


def _presented(movie: Movie, track: Track, cts: Ints, late: int) -> int:
    """How long the pictures are shown, in the track's timescale. `late` is how much of the edit passes before the first.

    The last picture's own length is that of the sample last in decoding order only where nothing was reordered, so
    that the track's total is what counts.
    """
    start = int(cts.min()) if len(cts) else 0
    whole = track.table.end - int(track.table.dts[0]) + min(0, start)
    for edit in track.edits:
        if edit.media_time >= 0 and edit.length:
            told = round(Fraction(edit.length * track.timescale, movie.timescale))
            slack = -(-track.timescale // movie.timescale) + 1
            # Some tools write the sum of the pictures' lengths, and forget that the first is late.
            all_of_it = min(abs(told - whole), abs(told - late - whole)) <= slack
            # One that goes on after the last picture shows nothing more.
            return whole if all_of_it else max(1, min(told - late, whole))
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
    """Text, chapters and data: each sample begins where its moment went. One that spans a pause is stretched; what an edit
    list leaves out at the end stays so."""
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
    shown = round(lead * scale) + _edited(movie, track)
    length = shown - round(lead * scale) + int(sums[np.searchsorted(points, shown, side="left")]) - base
    return fitting(Retimed(made, track.media_time, length, lead + moved), scale)


def _edited(movie: Movie, track: Track) -> int:
    """How long a track is shown by its edit list, whose rounding to the movie's clock does not count."""
    whole = track.table.end - track.media_time
    told = next((edit.length for edit in track.edits if edit.media_time >= 0), 0)
    ticks = round(Fraction(told * track.timescale, movie.timescale))
    slack = -(-track.timescale // movie.timescale) + 1
    return ticks if told and ticks + slack < whole else whole
