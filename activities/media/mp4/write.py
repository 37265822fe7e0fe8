"""Writing an MP4 whose samples come from other files: `ftyp`, `moov`, `mdat` (ISO/IEC 14496-12 clause 8).

Samples keep the order that they have in the source, so that long runs are copied by the kernel; what is new is
inserted where it is heard. The tables lie in front, and the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from pathlib import Path

import numpy as np

from activities.media.mp4.boxes import box, full_box
from activities.media.mp4.movie import Movie
from activities.media.mp4.tables import Ints
from activities.media.mp4.trak import OutTrack, write_trak

_COPY = 8 << 20
_FINEST = 1_000_000


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
    """Write `output`, an empty file, and answer the sha256 of its tables."""
    runs, placed = _lay_out(tracks)
    scale = movie_timescale(
        [movie.timescale, *(t.timescale for t in tracks if t.handler in (b"soun", b"vide"))]
    )
    payload = int(runs[:, 2].sum())
    header = 16 if payload + 16 >= 1 << 32 else 8
    ftyp = movie.ftyp or box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    moov = _moov(movie, tracks, placed, 0, scale, udta)
    for _ in range(2):  # a table grows once at most: where its offsets pass 4 GB
        moov = _moov(movie, tracks, placed, len(ftyp) + len(moov) + header, scale, udta)
    with output.open("r+b") as file:  # a truncated file would be flushed to disk when it is closed (ext4)
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
        write_trak(track, positions + base, scale, length)
        for track, positions, length in zip(tracks, placed, lengths, strict=True)
    ]
    return box(b"moov", head, *traks, udta, other)
