"""The same movie in fragments, for streaming: an initial `moov`, an index, then `moof` and `mdat` in turn
(ISO/IEC 14496-12 clause 8.8 and 8.16.3)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from activities.media.mp4.boxes import Unreadable, box, full_box
from activities.media.mp4.copy import Copier, runs_of
from activities.media.mp4.movie import Movie
from activities.media.mp4.tables import Ints, SampleTable, in_32_bits
from activities.media.mp4.trak import OutTrack
from activities.media.mp4.write import movie_timescale, write_moov

_SHORTEST_S = 2
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
_TRUN = 0xF01
"""Data offset, and each sample's duration, size, flags and composition offset."""


def write_fragments(
    output: Path,
    movie: Movie,
    tracks: Sequence[OutTrack],
    inputs: Sequence[Path],
    udta: bytes,
    on_progress: Callable[[float], None],
) -> str:
    """As `write_movie`. A fragment begins with a sync sample of the picture and lasts two seconds or more."""
    used = [track for track in tracks if len(track.table)]
    starts = _starts(used[0].table, used[0].timescale)
    times = [Fraction(int(used[0].table.dts[start]), used[0].timescale) for start in starts]
    cuts = [np.array([*starts, len(used[0].table)]), *(_cuts(track, times) for track in used[1:])]
    fragments = [_fragment(used, cuts, number) for number in range(len(starts))]
    head = _head(movie, used, udta)
    index = _index(used[0], cuts[0], [size for _, _, size in fragments])
    payload = sum(int(track.table.sizes.sum(dtype=np.int64)) for track in used)
    hasher = hashlib.sha256(head + index)
    with (
        output.open("r+b", buffering=0) as file,
        Copier(file, inputs, payload, on_progress) as copier,
    ):
        copier.put(head + index)
        for moof, runs, size in fragments:
            front = moof + struct.pack(">I4s", size - len(moof), b"mdat")
            hasher.update(front)
            copier.put(front)
            copier.copy(runs)
    return hasher.hexdigest()


def _starts(table: SampleTable, timescale: int) -> list[int]:
    """Sample numbers of the picture at which fragments begin."""
    sync = np.arange(len(table)) if table.sync is None else np.flatnonzero(table.sync)
    starts, least = [0], int(table.dts[0]) + _SHORTEST_S * timescale
    for number in sync[sync > 0].tolist():
        if table.dts[number] >= least:
            starts.append(number)
            least = int(table.dts[number]) + _SHORTEST_S * timescale
    return starts


def _cuts(track: OutTrack, times: Sequence[Fraction]) -> Ints:
    """For each fragment its first sample of this track, and the count of samples at the end."""
    edges = np.array([round(time * track.timescale) for time in times[1:]], np.int64)
    table = track.table
    first = np.searchsorted(table.dts + round(track.lead * track.timescale), edges)
    return np.concatenate(([0], first, [len(table)]))


def _fragment(tracks: Sequence[OutTrack], cuts: Sequence[Ints], number: int) -> tuple[bytes, Ints, int]:
    """(moof, what is copied behind it, bytes of both with the header of mdat)"""
    spans = [(track, int(cut[number]), int(cut[number + 1])) for track, cut in zip(tracks, cuts, strict=True)]
    spans = [span for span in spans if span[2] > span[1]]
    lengths = [int(track.table.sizes[first:last].sum(dtype=np.int64)) for track, first, last in spans]
    moof = _moof(spans, lengths, number, 0)
    moof = _moof(spans, lengths, number, len(moof) + 8)
    runs = [
        runs_of(
            track.files[first:last].astype(np.int64),
            track.table.offsets[first:last],
            track.table.sizes[first:last].astype(np.int64),
        )
        for track, first, last in spans
    ]
    return moof, np.concatenate(runs), len(moof) + 8 + sum(lengths)


def _moof(
    spans: Sequence[tuple[OutTrack, int, int]], lengths: Sequence[int], number: int, base: int
) -> bytes:
    parts = [full_box(b"mfhd", 0, 0, struct.pack(">I", number + 1))]
    for (track, first, last), length in zip(spans, lengths, strict=True):
        parts.append(_traf(track, first, last, base))
        base += length
    return box(b"moof", *parts)


def _traf(track: OutTrack, first: int, last: int, data_offset: int) -> bytes:
    table = track.table
    rows = np.zeros((last - first, 4), np.int64)
    after = table.end if last == len(table) else table.dts[last]
    rows[:, 0] = np.diff(np.append(table.dts[first:last], after))
    rows[:, 1] = table.sizes[first:last]
    sync = True if table.sync is None else table.sync[first:last]
    rows[:, 2] = np.where(sync, _SYNC, _NOT_SYNC)
    shift = np.zeros(last - first, np.int64) if table.shift is None else table.shift[first:last]
    rows[:, 3] = in_32_bits(shift, signed=True).view(">u4")
    count = struct.pack(">Ii", last - first, data_offset)
    trun = full_box(b"trun", 1, _TRUN, count, in_32_bits(rows).tobytes())
    tfhd = full_box(b"tfhd", 0, 0x020000, struct.pack(">I", track.id))  # offsets count from moof
    tfdt = full_box(b"tfdt", 1, 0, struct.pack(">Q", int(table.dts[first])))
    return box(b"traf", tfhd, tfdt, trun)


def _head(movie: Movie, tracks: Sequence[OutTrack], udta: bytes) -> bytes:
    bare = [replace(track, table=SampleTable.empty(), same_samples=False) for track in tracks]
    nowhere = [np.zeros(0, np.int64)] * len(bare)
    extends = box(
        b"mvex", *(full_box(b"trex", 0, 0, struct.pack(">5I", track.id, 1, 0, 0, 0)) for track in tracks)
    )
    scale = movie_timescale(movie, tracks)
    ftyp = box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6isommp41")
    return ftyp + write_moov(movie, bare, nowhere, scale, udta, extends)


def _index(picture: OutTrack, cuts: Ints, sizes: Sequence[int]) -> bytes:
    """`sidx`: where each fragment lies, for players that seek by byte ranges."""
    table = picture.table
    edges = np.append(table.dts, table.end)[cuts]
    if max(sizes) >= 1 << 31 or int(np.diff(edges).max()) >= 1 << 32:
        raise Unreadable("two pictures with a sync sample lie too far apart for a fragment")
    rows = b"".join(
        struct.pack(">III", size, int(length), 0x90000000)
        for size, length in zip(sizes, np.diff(edges), strict=True)
    )
    start = max(0, int(table.cts[0]) - picture.media_time)
    head = struct.pack(">IIQQHH", picture.id, picture.timescale, start, 0, 0, len(sizes))
    return full_box(b"sidx", 1, 0, head, rows)
