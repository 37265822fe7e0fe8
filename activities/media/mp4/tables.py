"""Sample tables (ISO/IEC 14496-12 clause 8.6 to 8.7) as numpy arrays, one number a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.media.mp4.boxes import Box, Truncated, Unreadable, full_box

Ints = NDArray[np.int64]
MOST_SAMPLES = 6_000_000
"""More than a day of video or of AAC has: a broken table must not fill the memory."""
BY_SAMPLE = (b"sdtp", b"sgpd", b"sbgp", b"subs", b"stps", b"saiz", b"saio")
"""Boxes of `stbl` beside its tables that go by sample number: they stay true where no sample was added or taken away."""


@dataclass(slots=True)
class SampleTable:
    """`dts` and `shift` (cts - dts) are in the track's timescale; `end` is the dts at which the last sample ends."""

    sizes: NDArray[np.uint32]
    offsets: Ints
    dts: Ints
    end: int
    shift: NDArray[np.int32] | Ints | None
    """None where every cts is its dts."""
    sync: NDArray[np.bool_] | None
    """None where every sample is a sync sample."""
    description: NDArray[np.uint16] | None
    """Index into stsd from 1; None where all are 1."""
    chunk_start: NDArray[np.bool_]

    @classmethod
    def empty(cls) -> SampleTable:
        none = np.zeros(0, np.int64)
        return cls(none.astype(np.uint32), none, none, 0, None, None, None, none.astype(np.bool_))

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def cts(self) -> Ints:
        return self.dts if self.shift is None else self.dts + self.shift


def _table(box: Box, skip: int, dtype: str, columns: int, count: int) -> NDArray[Any]:
    size = np.dtype(dtype).itemsize * columns
    if box.body + skip + count * size > box.end:
        raise Unreadable(f"the box {box.kind.decode('latin-1')} announces more than it holds")
    flat = np.frombuffer(box.data, dtype, count * columns, box.body + skip)
    return flat.reshape(count, columns) if columns > 1 else flat


def _runs(counts: NDArray[Any], total: int, name: str) -> NDArray[Any]:
    """Run lengths checked to make `total` samples before anything is repeated."""
    if int(counts.sum(dtype=np.uint64)) != total:
        raise Unreadable(f"the box {name} does not account for every sample")
    return counts.astype(np.int64)


def read_table(stbl: Box, file_size: int) -> SampleTable:
    """Raises `Unreadable` where the boxes contradict one another or point outside the file."""
    sizes = _sizes(stbl, file_size)
    total = len(sizes)
    dts, end = _dts(stbl, total)
    shift = _shift(stbl, total)
    offsets, description, chunk_start = _chunks(stbl, sizes)
    if total and int((offsets + sizes).max()) > file_size:
        raise Truncated("its samples lie beyond the end of the file")
    sync = None
    if (stss := stbl.find(b"stss")) is not None:
        numbers = _table(stss, 8, ">u4", 1, stss.unpack("I", 4)[0])
        if len(numbers) and (int(numbers.max()) > total or int(numbers.min()) < 1):
            raise Unreadable("the box stss names samples that do not exist")
        sync = np.zeros(total, np.bool_)
        sync[numbers.astype(np.int64) - 1] = True
    return SampleTable(sizes, offsets, dts, end, shift, sync, description, chunk_start)


def _sizes(stbl: Box, file_size: int) -> NDArray[np.uint32]:
    stsz = stbl.need(b"stsz")
    same, total = stsz.unpack("II", 4)
    if total > MOST_SAMPLES or same * total > file_size:
        raise Unreadable(f"a track announces {total} samples")
    if same:
        return np.full(total, same, np.uint32)
    return _table(stsz, 12, ">u4", 1, total).astype(np.uint32)


def _dts(stbl: Box, total: int) -> tuple[Ints, int]:
    stts = stbl.need(b"stts")
    rows = _table(stts, 8, ">u4", 2, stts.unpack("I", 4)[0])
    deltas = np.repeat(rows[:, 1].astype(np.int64), _runs(rows[:, 0], total, "stts"))
    ends = np.cumsum(deltas)
    return ends - deltas, int(ends[-1]) if total else 0


def _shift(stbl: Box, total: int) -> NDArray[np.int32] | None:
    ctts = stbl.find(b"ctts")
    if ctts is None:
        return None
    rows = _table(ctts, 8, ">u4", 2, ctts.unpack("I", 4)[0])
    # A version 0 that holds negative numbers is common, and no true offset needs the upper bit.
    return np.repeat(rows[:, 1].astype(np.uint32).view(np.int32), _runs(rows[:, 0], total, "ctts"))


def _chunks(
    stbl: Box, sizes: NDArray[np.uint32]
) -> tuple[Ints, NDArray[np.uint16] | None, NDArray[np.bool_]]:
    wide = stbl.find(b"co64")
    stco = wide or stbl.need(b"stco")
    starts = _table(stco, 8, ">u8" if wide else ">u4", 1, stco.unpack("I", 4)[0]).astype(np.int64)
    stsc = stbl.need(b"stsc")
    rows = _table(stsc, 8, ">u4", 3, stsc.unpack("I", 4)[0]).astype(np.int64)
    total = len(sizes)
    if not total:
        return np.zeros(0, np.int64), None, np.zeros(0, np.bool_)
    first = np.append(rows[:, 0] - 1, len(starts))
    if not len(rows) or first[0] != 0 or (np.diff(first) < 0).any() or first[:-1].max() > len(starts):
        raise Unreadable("the box stsc does not name the chunks in order")
    per_chunk = np.repeat(rows[:, 1], np.diff(first))
    if not total <= int(per_chunk.sum()) <= total + int(per_chunk.max()) or int(per_chunk.max()) > total:
        raise Unreadable("the chunks do not account for every sample")
    of_chunk = np.repeat(np.arange(len(starts)), per_chunk)[:total]
    before = np.cumsum(sizes, dtype=np.int64) - sizes
    first_sample = np.append(0, np.cumsum(per_chunk))[:-1]
    used = first_sample < total
    offsets = starts[of_chunk] + before - before[np.minimum(first_sample, total - 1)][of_chunk]
    chunk_start = np.zeros(total, np.bool_)
    chunk_start[first_sample[used]] = True
    told = min(stbl.need(b"stsd").unpack("I", 4)[0], sum(1 for _ in stbl.need(b"stsd").children(8)))
    if int(rows[:, 2].min()) < 1 or int(rows[:, 2].max()) > told:
        raise Unreadable("the box stsc names sample descriptions that do not exist")
    kinds = np.repeat(rows[:, 2], np.diff(first))[of_chunk]
    return offsets, None if (kinds == 1).all() else kinds.astype(np.uint16), chunk_start


def _run_length(*columns: NDArray[Any]) -> tuple[Ints, Ints]:
    """(index of the first of each run of equal rows, run lengths)"""
    length = len(columns[0])
    change = np.zeros(length, np.bool_)
    change[:1] = True
    for column in columns:
        change[1:] |= column[1:] != column[:-1]
    first = np.flatnonzero(change)
    return first, np.diff(np.append(first, length))


def in_32_bits(values: NDArray[Any], *, signed: bool = False) -> NDArray[Any]:
    """As boxes hold numbers; the one place where any become so short.

    Raises:
        Unreadable: one of them does not fit.
    """
    wide = values.astype(np.int64)
    least, most = (-(1 << 31), (1 << 31) - 1) if signed else (0, (1 << 32) - 1)
    if wide.size and not (least <= int(wide.min()) and int(wide.max()) <= most):
        raise Unreadable("a time or a size in it is too long for an MP4's tables")
    return wide.astype(">i4" if signed else ">u4")


def _pack(kind: bytes, version: int, *columns: NDArray[Any]) -> bytes:
    """Columns of 32 bits; the last of `ctts` may be negative."""
    signed = kind == b"ctts"
    rows = np.empty((len(columns[0]), len(columns)), ">u4")
    for number, column in enumerate(columns):
        last = signed and number == len(columns) - 1
        rows[:, number] = in_32_bits(column, signed=last).view(">u4")
    return full_box(kind, version, 0, len(rows).to_bytes(4, "big"), rows.tobytes())


def write_table(table: SampleTable, stsd: bytes, extra: bytes = b"") -> bytes:
    """The content of `stbl`: sample description first, `extra` (boxes that stay as they were) last."""
    parts = [stsd]
    deltas = np.diff(np.append(table.dts, table.end))
    first, runs = _run_length(deltas)
    parts.append(_pack(b"stts", 0, runs, deltas[first]))
    if table.sync is not None:
        parts.append(_pack(b"stss", 0, np.flatnonzero(table.sync) + 1))
    if table.shift is not None and table.shift.any():
        first, runs = _run_length(table.shift)
        parts.append(_pack(b"ctts", 1 if (table.shift < 0).any() else 0, runs, table.shift[first]))
    parts += _write_chunks(table)
    sizes = in_32_bits(table.sizes).tobytes()
    parts.append(full_box(b"stsz", 0, 0, bytes(4), len(table).to_bytes(4, "big"), sizes))
    return b"".join(parts) + extra


def _write_chunks(table: SampleTable) -> list[bytes]:
    start = table.chunk_start.copy()
    start[:1] = True
    start[1:] |= table.offsets[1:] != table.offsets[:-1] + table.sizes[:-1]
    kinds = np.ones(len(table), np.uint16) if table.description is None else table.description
    start[1:] |= kinds[1:] != kinds[:-1]
    first = np.flatnonzero(start)
    per_chunk = np.diff(np.append(first, len(table)))
    row, _ = _run_length(per_chunk, kinds[first]) if len(first) else (first, first)
    stsc = _pack(b"stsc", 0, row + 1, per_chunk[row], kinds[first][row])
    offsets = table.offsets[first]
    wide = len(offsets) > 0 and int(offsets.max()) >= 1 << 32
    count = len(offsets).to_bytes(4, "big")
    packed = offsets.astype(">u8") if wide else in_32_bits(offsets)
    return [stsc, full_box(b"co64" if wide else b"stco", 0, 0, count, packed.tobytes())]
