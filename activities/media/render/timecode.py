"""A timecode track whose edit list leaves out its beginning: it begins with the time of the first picture that is shown, for
many programs read its first sample alone (QuickTime File Format, "Timecode media")."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from activities.media.cache import RangeCache, digest
from activities.media.mp4.boxes import Unreadable
from activities.media.mp4.movie import Track

_DROP_FRAME, _COUNTER = 1, 8
_MINUTES_OF_A_DAY = 1_440
_ROUNDED = Fraction(1, 100)
"""Of a frame: clocks are rounded to one another."""


def from_its_beginning(track: Track, source: Path, folder: Path) -> tuple[Track, Path] | None:
    """The track with nothing left out, and the file of the cache in `folder` that holds its first sample; None where
    nothing is left out, or its samples are no frame numbers.

    Raises:
        Unreadable: its sample entry is cut short.
    """
    table, begins = track.table, track.media_time
    if track.codec != b"tmcd" or begins <= 0 or not len(table) or begins >= table.end:
        return None
    number = int(np.searchsorted(table.dts, begins, side="right")) - 1
    if number < 0 or table.sizes[number] != 4:
        return None
    with source.open("rb") as file:
        file.seek(int(table.offsets[number]))
        (frame,) = struct.unpack(">I", file.read(4))
    passed = Fraction(begins - int(table.dts[number]), track.timescale)
    first = struct.pack(">I", _later(track, frame, passed))
    cache = RangeCache(folder)
    key = digest("timecode", first.hex())
    if cache.find("texts", key) is None:
        with cache.writing("texts", key) as path:
            path.write_bytes(first)
    kept = replace(
        table,
        sizes=table.sizes[number:],
        offsets=np.append(0, table.offsets[number + 1 :]),
        dts=np.append(begins, table.dts[number + 1 :]) - begins,
        end=table.end - begins,
        sync=None,
        description=None if table.description is None else table.description[number:],
        chunk_start=np.append(True, table.chunk_start[number + 1 :]),
    )
    edits = tuple(edit._replace(media_time=0) if edit.media_time >= 0 else edit for edit in track.edits)
    return replace(track, table=kept, edits=edits), cache.path("texts", key)


def _later(track: Track, frame: int, passed: Fraction) -> int:
    """The number of the frame that is shown so many seconds after another."""
    entry = next(track.stsd.children(8))
    flags, timescale, length = entry.unpack("III", 12)
    (nominal,) = entry.unpack("B", 24)
    if not timescale or not length:
        raise Unreadable("a timecode has no rate")
    frame += int(passed * timescale / length + _ROUNDED)
    if nominal and not flags & _COUNTER:
        day = nominal * 60 * _MINUTES_OF_A_DAY
        if flags & _DROP_FRAME:  # two of 30 numbers, or four of 60, in nine of ten minutes
            day -= nominal // 15 * (_MINUTES_OF_A_DAY * 9 // 10)
        frame %= day
    return frame
