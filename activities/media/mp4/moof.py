"""Samples that stand in movie fragments, read into the tables that `stbl` would have (ISO/IEC 14496-12 clause 8.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.media.mp4.boxes import Box, Unreadable
from activities.media.mp4.tables import MOST_SAMPLES, SampleTable

_MOST_PIECES = 1_000_000
"""Boxes of all fragments together: a day in fragments of a second has fewer."""
_LATEST = 1 << 62
"""A time beyond it could not be added to."""
_BASE, _DESCRIPTION, _DURATION, _SIZE, _FLAGS, _MOOF_IS_BASE = 0x1, 0x2, 0x8, 0x10, 0x20, 0x20000
"""Of `tfhd`: what it tells, 8.8.7."""
_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_COLUMNS = (0x100, 0x200, 0x400, 0x800)
"""Of `trun`, 8.8.8: duration, size, flags and composition offset of every sample."""
_NOT_SYNC = 0x01010000
"""It is no sync sample, or depends on others: either is enough, as FFmpeg has it."""


class Defaults(NamedTuple):
    """What a sample is where nothing else is told."""

    description: int
    duration: int
    size: int
    flags: int


@dataclass(slots=True)
class _Found:
    """Of one track, in the order of the file."""

    rows: list[NDArray[np.uint32]] = field(default_factory=list)
    """By `_COLUMNS`, for every run."""
    places: list[int] = field(default_factory=list)
    descriptions: list[int] = field(default_factory=list)
    times: list[tuple[int, int]] = field(default_factory=list)
    """(sample number, decoding time that is told of it)"""
    count: int = 0


class Fragments:
    """Takes every `moof` of a file; then answers tables."""

    def __init__(self, moov: Box, kept: Iterable[int], file_size: int) -> None:
        """`kept` are the ids of tracks whose samples are wanted; others cost no memory."""
        self._defaults = _defaults(moov)
        self._found = {number: _Found() for number in kept}
        self._samples_left, self._bytes_left = min(MOST_SAMPLES, file_size), file_size
        self._pieces_left = _MOST_PIECES
        self._file_size = file_size

    def take(self, moof: Box, position: int) -> None:
        """`position` is that of the box in the file.

        Raises:
            Unreadable: it is broken, or announces more than the file holds.
        """
        end = position
        for traf in self._counted(moof):
            if traf.kind == b"traf":
                end = self._traf(traf, position, end)

    def _counted(self, here: Box) -> Iterator[Box]:
        for child in here.children():
            self._pieces_left -= 1
            if self._pieces_left < 0:
                raise Unreadable("it is in more pieces than a video is")
            yield child

    def _traf(self, traf: Box, position: int, end: int) -> int:
        """Where its data ends, which a next one's may follow."""
        children = list(self._counted(traf))
        by_kind = {child.kind: child for child in children}
        if b"tfhd" not in by_kind:
            raise Unreadable("the box tfhd is missing")
        track, base, defaults = self._tfhd(by_kind[b"tfhd"], position, end)
        found = self._found.get(track)
        if found is not None and (tfdt := by_kind.get(b"tfdt")) is not None:
            (at,) = tfdt.unpack("Q" if tfdt.version == 1 else "I", 4)
            if at >= _LATEST:
                raise Unreadable("a fragment begins later than any video lasts")
            found.times.append((found.count, at))
        end = base
        for child in children:
            if child.kind == b"trun":
                end = self._trun(child, base, end, defaults, found)
        return end

    def _tfhd(self, tfhd: Box, position: int, end: int) -> tuple[int, int, Defaults]:
        """(track id, where its data offsets count from, defaults)"""
        flags, track = tfhd.unpack("II")
        if track not in self._defaults:
            raise Unreadable("a fragment is of a track that does not exist")
        base, at = position if flags & _MOOF_IS_BASE else end, 8
        if flags & _BASE:
            (base,), at = tfhd.unpack("Q", at), at + 8
            if base > self._file_size:
                raise Unreadable("its samples lie beyond the end of the file")
        told = list(self._defaults[track])
        for number, bit in enumerate((_DESCRIPTION, _DURATION, _SIZE, _FLAGS)):
            if flags & bit:
                (told[number],), at = tfhd.unpack("I", at), at + 4
        return track, base, Defaults(*told)

    def _trun(self, trun: Box, base: int, end: int, defaults: Defaults, found: _Found | None) -> int:
        """Where its data ends."""
        flags, count = trun.unpack("II")
        self._samples_left -= count
        if self._samples_left < 0:
            raise Unreadable(f"a fragment announces {count} samples")
        at, first_flags = 8, None
        if flags & _OFFSET:
            end, at = base + trun.unpack("i", at)[0], at + 4
        if flags & _FIRST_FLAGS:
            (first_flags,), at = trun.unpack("I", at), at + 4
        told = [bit for bit in _COLUMNS if flags & bit]
        if trun.body + at + 4 * count * len(told) > trun.end:
            raise Unreadable("the box trun announces more than it holds")
        table = np.frombuffer(trun.data, ">u4", count * len(told), trun.body + at).reshape(count, len(told))
        rows = np.empty((count, len(_COLUMNS)), np.uint32)
        rows[:] = (defaults.duration, defaults.size, defaults.flags, 0)
        if first_flags is not None:
            rows[:1, 2] = first_flags
        for number, bit in enumerate(told):
            rows[:, _COLUMNS.index(bit)] = table[:, number]
        length = int(rows[:, 1].sum(dtype=np.int64))
        self._bytes_left -= length  # what is told of twice would be written twice
        if end < 0 or end + length > self._file_size or self._bytes_left < 0:
            raise Unreadable("its samples lie beyond the end of the file")
        if found is not None and count:
            found.rows.append(rows)
            found.places.append(end)
            found.descriptions.append(defaults.description)
            found.count += count
        return end + length

    def table(self, track: int, before: SampleTable, descriptions: int, *, always_sync: bool) -> SampleTable:
        """`before` with the samples of the fragments behind its own; of one whose samples are `always_sync`, nothing else
        is believed. `descriptions` is how many `stsd` has.

        Raises:
            Unreadable: times go back, or a description does not exist.
        """
        found = self._found.pop(track)
        if not found.count:
            return before
        own = _table(found, before.end, always_sync=always_sync)
        if own.description is not None and not (
            int(own.description.min()) >= 1 and int(own.description.max()) <= descriptions
        ):
            raise Unreadable("a fragment names sample descriptions that do not exist")
        if len(before) and own.shift is not None and int(own.shift.min()) < 0:
            raise Unreadable("part of its samples stand in fragments, and are shown before they are decoded")
        joined = _joined(before, own) if len(before) else own
        if (np.diff(joined.dts) < 0).any():
            raise Unreadable("the times of its fragments go back")
        return joined


def _defaults(moov: Box) -> dict[int, Defaults]:
    mvex = moov.need(b"mvex")
    rows = (child.unpack("5I", 4) for child in mvex.children() if child.kind == b"trex")
    return {track: Defaults(*told) for track, *told in rows}


def _table(found: _Found, begins: int, *, always_sync: bool) -> SampleTable:
    counts = np.array([len(rows) for rows in found.rows])
    first = np.cumsum(counts) - counts
    rows = np.concatenate(found.rows)
    found.rows.clear()
    sizes = rows[:, 1].copy()
    before = np.cumsum(sizes, dtype=np.int64) - sizes
    offsets = before + np.repeat(np.array(found.places, np.int64) - before[first], counts)
    chunk_start = np.zeros(len(sizes), np.bool_)
    chunk_start[first] = True
    sync = None if always_sync else rows[:, 2] & _NOT_SYNC == 0
    shift = rows[:, 3].astype(np.int32)
    kinds = np.array(found.descriptions, np.int64)
    description = None if (kinds == 1).all() else np.repeat(kinds.clip(0, 0xFFFF).astype(np.uint16), counts)
    dts, end = _times(rows[:, 0], found.times, begins)
    return SampleTable(
        sizes=sizes,
        offsets=offsets,
        dts=dts,
        end=end,
        shift=shift if shift.any() else None,
        sync=None if sync is None or sync.all() else sync,
        description=description,
        chunk_start=chunk_start,
    )


def _times(
    durations: NDArray[np.uint32], told: Sequence[tuple[int, int]], begins: int
) -> tuple[NDArray[np.int64], int]:
    """(decoding times, where the last sample ends): each fragment begins when it says, or where the one before ends."""
    ends = np.cumsum(durations, dtype=np.int64)
    dts = ends - durations
    starts: Mapping[int, int] = {0: begins} | {at: time for at, time in told if at < len(dts)}
    at = np.array(list(starts), np.int64)
    moved = np.array(list(starts.values()), np.int64) - dts[at]
    dts = dts + np.repeat(moved, np.diff(np.append(at, len(dts))))
    return dts, int(dts[-1]) + int(durations[-1])


def _joined(one: SampleTable, other: SampleTable) -> SampleTable:
    def both(name: str, without: int) -> NDArray[np.int64] | None:
        """A column that a table leaves out where it says the same of all samples."""
        columns = [getattr(table, name) for table in (one, other)]
        if all(column is None for column in columns):
            return None
        lengths = (len(one), len(other))
        return np.concatenate(
            [np.full(n, without) if c is None else c for n, c in zip(lengths, columns, strict=True)]
        )

    sync, description = both("sync", 1), both("description", 1)
    return SampleTable(
        sizes=np.concatenate((one.sizes, other.sizes)),
        offsets=np.concatenate((one.offsets, other.offsets)),
        dts=np.concatenate((one.dts, other.dts)),
        end=other.end,
        shift=both("shift", 0),
        sync=None if sync is None else sync.astype(np.bool_),
        description=None if description is None else description.astype(np.uint16),
        chunk_start=np.concatenate((one.chunk_start, other.chunk_start)),
    )
