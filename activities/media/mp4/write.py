"""Writing an MP4 whose samples come from other files: `ftyp`, `moov`, `mdat` (ISO/IEC 14496-12 clause 8).

Samples keep the order that they have in the source, so that long runs are copied by the kernel; what is new is
inserted where it is heard. The tables lie in front, and the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.media.mp4.boxes import Box, box, full_box
from activities.media.mp4.movie import Movie
from activities.media.mp4.tables import Ints, SampleTable, write_table

_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_COPY = 8 << 20
_FINEST = 1_000_000
_KEPT = (b"sdtp", b"sgpd", b"sbgp", b"subs", b"stps", b"saiz", b"saio")
"""Boxes by sample number, which stay true where no sample was added or taken away."""


@dataclass(slots=True)
class OutTrack:
    """A track to write. `table.offsets` are positions in file number `files[i]` of `Output.inputs`; `order` sorts
    samples into the output."""

    id: int
    handler: bytes
    timescale: int
    table: SampleTable
    files: NDArray[np.uint16]
    order: NDArray[np.float64]
    stsd: bytes
    header: Box | None
    """The source's `trak`, for everything that is not written anew."""
    media_time: int = 0
    length: int = 0
    """Of the presentation, in the track's timescale."""
    lead: Fraction = Fraction(0)
    same_samples: bool = True
    enabled: bool | None = None
    alternate_group: int | None = None
    language: str | None = None
    title: str | None = None
    references: tuple[tuple[bytes, tuple[int, ...]], ...] = ()


def movie_timescale(wanted: Sequence[int]) -> int:
    """A clock that tells the presentation times of all tracks exactly, or else the finest of theirs."""
    scale = 1
    for one in wanted:
        scale = lcm(scale, one) if lcm(scale, one) <= _FINEST else max(scale, one)
    return scale


def write_movie(
    output: Path,
    movie: Movie,
    tracks: Sequence[OutTrack],
    inputs: Sequence[Path],
    udta: bytes,
    on_progress: Callable[[float], None],
) -> str:
    """Write to a new file and answer the sha256 of its tables and the sizes of what was copied."""
    runs, placed = _lay_out(tracks)
    scale = movie_timescale(
        [movie.timescale, *(t.timescale for t in tracks if t.handler in (b"soun", b"vide"))]
    )
    payload = int(sum(int(track.table.sizes.sum(dtype=np.int64)) for track in ()) or runs[:, 2].sum())
    header = 16 if payload + 16 >= 1 << 32 else 8
    ftyp = movie.ftyp or box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    base = 0
    for _ in range(3):  # offsets change the size of moov only by co64, which settles at once
        moov = _moov(movie, tracks, placed, base, scale, udta)
        position = len(ftyp) + len(moov) + header
        if position == base:
            break
        base = position
    with output.open("wb") as file:
        file.write(ftyp + moov)
        if header == 16:
            file.write(struct.pack(">I4sQ", 1, b"mdat", payload + 16))
        else:
            file.write(struct.pack(">I4s", payload + 8, b"mdat"))
        file.flush()
        _copy(file.fileno(), runs, inputs, on_progress)
    return hashlib.sha256(ftyp + moov).hexdigest()


def _lay_out(tracks: Sequence[OutTrack]) -> tuple[Ints, list[Ints]]:
    """(runs of (file, offset, length) in output order; each track's positions from the start of mdat's content).

    Bytes that two tracks share are written once.
    """
    number = np.concatenate([np.full(len(t.table), i) for i, t in enumerate(tracks)])
    files = np.concatenate([t.files for t in tracks]).astype(np.int64)
    offsets = np.concatenate([t.table.offsets for t in tracks])
    sizes = np.concatenate([t.table.sizes for t in tracks]).astype(np.int64)
    order = np.concatenate([t.order for t in tracks])
    ranked = np.lexsort((offsets, files, order))
    fresh = np.ones(len(ranked), np.bool_)
    same = (files[ranked][1:] == files[ranked][:-1]) & (offsets[ranked][1:] == offsets[ranked][:-1])
    fresh[1:] = ~(same & (sizes[ranked][1:] == sizes[ranked][:-1]))
    step = np.where(fresh, sizes[ranked], 0)
    begin = np.cumsum(step) - step
    begin[~fresh] -= sizes[ranked][~fresh]
    positions = np.empty(len(ranked), np.int64)
    positions[ranked] = begin
    kept = ranked[fresh]
    breaks = np.ones(len(kept), np.bool_)
    ends = offsets[kept] + sizes[kept]
    breaks[1:] = (offsets[kept][1:] != ends[:-1]) | (files[kept][1:] != files[kept][:-1])
    first = np.flatnonzero(breaks)
    lengths = np.add.reduceat(sizes[kept], first) if len(first) else first
    runs = np.stack((files[kept][first], offsets[kept][first], lengths), axis=1)
    return runs, [positions[number == i] for i in range(len(tracks))]


def _copy(out: int, runs: Ints, inputs: Sequence[Path], on_progress: Callable[[float], None]) -> None:
    total, done = max(1, int(runs[:, 2].sum())), 0
    handles: dict[int, int] = {}
    try:
        for which, offset, length in runs.tolist():
            if which not in handles:
                if len(handles) > 64:
                    os.close(handles.pop(next(iter(key for key in handles if key))))
                handles[which] = os.open(inputs[which], os.O_RDONLY)
            while length:
                step = _copy_some(handles[which], out, offset, min(length, _COPY))
                offset, length, done = offset + step, length - step, done + step
                on_progress(done / total)
    finally:
        for handle in handles.values():
            os.close(handle)


def _copy_some(source: int, out: int, offset: int, length: int) -> int:
    try:
        step = os.copy_file_range(source, out, length, offset_src=offset)
    except (AttributeError, OSError):  # another file system, or not Linux
        step = os.write(out, os.pread(source, length, offset))
    if step == 0:
        raise OSError("the source became shorter while it was read")
    return step


def _moov(
    movie: Movie, tracks: Sequence[OutTrack], placed: Sequence[Ints], base: int, scale: int, udta: bytes
) -> bytes:
    lengths = [round((t.lead + Fraction(t.length, t.timescale)) * scale) for t in tracks]
    mvhd = movie.moov.need(b"mvhd")
    skip = 28 if mvhd.version == 1 else 16
    tail = bytearray(mvhd.content[4 + skip :])
    tail[-4:] = struct.pack(">I", max(t.id for t in tracks) + 1)
    times = struct.pack(">QQIQ", 0, 0, scale, max(lengths, default=0))
    head = full_box(b"mvhd", 1, 0, times, bytes(tail))
    other = b"".join(
        child.raw for child in movie.moov.children() if child.kind in (b"meta", b"iods", b"uuid")
    )
    traks = [
        _trak(track, positions + base, scale, length)
        for track, positions, length in zip(tracks, placed, lengths, strict=True)
    ]
    return box(b"moov", head, *traks, udta, other)


def _trak(track: OutTrack, offsets: Ints, scale: int, length: int) -> bytes:
    table = replace(track.table, offsets=offsets)
    children = {child.kind: child for child in track.header.children()} if track.header else {}
    parts = [_tkhd(track, children.get(b"tkhd"), length), _edts(track, scale)]
    if track.references:
        parts.append(
            box(b"tref", *(box(kind, struct.pack(f">{len(ids)}I", *ids)) for kind, ids in track.references))
        )
    parts.append(_mdia(track, table))
    udta = children[b"udta"].raw if b"udta" in children else b""
    if track.title is not None:
        udta = box(b"udta", box(b"name", track.title.encode()))
    parts.append(udta)
    parts += [children[kind].raw for kind in (b"meta",) if kind in children]
    return box(b"trak", *parts)


def _tkhd(track: OutTrack, old: Box | None, length: int) -> bytes:
    if old is None:
        flags, tail = 3, bytearray(8) + struct.pack(">HHHH", 0, 0, 0, 0) + _UNITY + bytes(8)
    else:
        flags = int(old.unpack("I")[0]) & 0xFFFFFF
        tail = bytearray(old.content[(4 + 32) if old.version == 1 else (4 + 20) :])
    if track.enabled is not None:
        flags = flags & ~1 | int(track.enabled)
    if track.alternate_group is not None:
        tail[10:12] = struct.pack(">H", track.alternate_group)
    times = struct.pack(">QQIIQ", 0, 0, track.id, 0, length)
    return full_box(b"tkhd", 1, flags, times, bytes(tail))


def _edts(track: OutTrack, scale: int) -> bytes:
    rows = [(round(Fraction(track.length, track.timescale) * scale), track.media_time)]
    if track.lead:
        rows.insert(0, (round(track.lead * scale), -1))
    packed = b"".join(struct.pack(">QqI", length, at, 0x10000) for length, at in rows)
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(rows)), packed))


def _language(track: OutTrack, mdhd: Box | None) -> bytes:
    if track.language is not None:
        code = track.language if len(track.language) == 3 and track.language.isascii() else "und"
        return struct.pack(
            ">H", sum((ord(letter) - 0x60) << shift for letter, shift in zip(code, (10, 5, 0), strict=True))
        )
    return mdhd.content[-4:-2] if mdhd else struct.pack(">H", 0x55C4)


def _mdia(track: OutTrack, table: SampleTable) -> bytes:
    old = track.header.find(b"mdia") if track.header else None
    mdhd = old.find(b"mdhd") if old else None
    head = full_box(
        b"mdhd",
        1,
        0,
        struct.pack(
            ">QQIQ", 0, 0, track.timescale, max(0, table.end - int(table.dts[0]) if len(table) else 0)
        ),
        _language(track, mdhd),
        bytes(2),
    )
    minf = old.find(b"minf") if old else None
    if old and minf:
        hdlr = old.need(b"hdlr").raw
        before = b"".join(child.raw for child in minf.children() if child.kind != b"stbl")
        stbl = minf.need(b"stbl")
        extra = b"".join(child.raw for child in stbl.children() if child.kind in _KEPT and track.same_samples)
    else:
        hdlr = full_box(b"hdlr", 0, 0, bytes(4), track.handler, bytes(12), b"\0")
        url = full_box(b"url ", 0, 1)
        media = full_box(b"nmhd", 0, 0) if track.handler != b"soun" else full_box(b"smhd", 0, 0, bytes(4))
        before = media + box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), url))
        extra = b""
    content: Any = write_table(table, track.stsd, extra)
    return box(b"mdia", head, hdlr, box(b"minf", before, box(b"stbl", content)))
