"""Writing an MP4 whose samples come from other files: `ftyp`, `moov`, `mdat` (ISO/IEC 14496-12 clause 8).

Samples keep the order that they have in the source, so that long runs are copied by the kernel; what is new is
inserted where it is heard. The tables lie in front, and the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from activities.media.mp4.boxes import box, full_box
from activities.media.mp4.copy import Copier, runs_of
from activities.media.mp4.movie import Movie, common_timescale
from activities.media.mp4.tables import Ints
from activities.media.mp4.trak import OutTrack, write_trak

_VERSION = struct.pack(">I", 512)
_MOBILE = b"3g"
"""How 3GPP's brands begin: Firefox takes a file with one for its type of old, and plays nothing of it."""
_WRITTEN = (b"mvhd", b"trak", b"udta", b"mvex", b"free", b"skip")


def movie_timescale(movie: Movie, tracks: Sequence[OutTrack]) -> int:
    """A clock that tells the presentation times of all tracks exactly, or else the finest of theirs."""
    scales = (track.timescale for track in tracks if track.handler in (b"soun", b"vide"))
    return common_timescale(movie.timescale, scales)


def _file_type(ftyp: bytes) -> bytes:
    """The source's `ftyp`, but for brands that browsers take amiss."""
    brands = [ftyp[at : at + 4] for at in (8, *range(16, len(ftyp), 4))]
    if ftyp and not any(brand.startswith(_MOBILE) for brand in brands):
        return ftyp
    kept = [brand for brand in brands if len(brand) == 4 and not brand.startswith(_MOBILE)]
    return box(b"ftyp", b"isom", _VERSION, *dict.fromkeys((b"isom", b"iso2", b"mp41", *kept)))


def write_movie(
    output: Path,
    movie: Movie,
    tracks: Sequence[OutTrack],
    inputs: Sequence[Path],
    udta: bytes,
    on_progress: Callable[[float], None],
) -> str:
    """Write `output`, an empty file, and answer the sha256 of its tables."""
    runs, places = _lay_out(tracks)
    scale = movie_timescale(movie, tracks)
    payload = int(runs[:, 2].sum())
    header = 16 if payload + 16 >= 1 << 32 else 8
    ftyp = _file_type(movie.ftyp)
    base, end = 0, len(ftyp) + header
    while base != end:  # a table grows once at most: where its offsets pass 4 GB
        base, moov = end, b""  # one at a time: an hour's is megabytes
        moov = write_moov(movie, tracks, (positions + base for positions in places), scale, udta)
        end = len(ftyp) + len(moov) + header
    wide = struct.pack(">I4sQ", 1, b"mdat", payload + 16)
    mdat = wide if header == 16 else struct.pack(">I4s", payload + 8, b"mdat")
    hasher = hashlib.sha256()
    with (
        output.open("r+b", buffering=0) as file,  # truncated, it would be flushed to disk when closed (ext4)
        Copier(file, inputs, payload, on_progress) as copier,
    ):
        for part in (ftyp, moov):
            hasher.update(part)
            copier.put(part)
        copier.put(mdat)
        copier.copy(runs)
    return hasher.hexdigest()


def _lay_out(tracks: Sequence[OutTrack]) -> tuple[Ints, list[Ints]]:
    """(runs of (file, offset, length) in output order; each track's positions from the start of mdat's content).

    Bytes that two tracks share are written once.
    """
    files = np.concatenate([t.files for t in tracks])
    offsets = np.concatenate([t.table.offsets for t in tracks])
    sizes = np.concatenate([t.table.sizes for t in tracks])
    ranked = np.lexsort((offsets, files, np.concatenate([t.order for t in tracks])))
    files = files[ranked]  # one by one, for an hour has hundreds of thousands of samples
    offsets = offsets[ranked]
    sizes = sizes[ranked]
    fresh = np.ones(len(ranked), np.bool_)
    fresh[1:] = (files[1:] != files[:-1]) | (offsets[1:] != offsets[:-1]) | (sizes[1:] != sizes[:-1])
    begin = np.cumsum(np.where(fresh, sizes, 0), dtype=np.int64)
    begin -= sizes
    positions = np.empty(len(ranked), np.int64)
    positions[ranked] = begin
    del begin, ranked
    runs = runs_of(files[fresh], offsets[fresh], sizes[fresh])
    return runs, np.split(positions, np.cumsum([len(t.table) for t in tracks])[:-1])


def write_moov(
    movie: Movie,
    tracks: Sequence[OutTrack],
    placed: Iterable[Ints],
    scale: int,
    udta: bytes,
    extends: bytes = b"",
) -> bytes:
    """`placed` are the samples' offsets in the output; `extends` is `mvex`, where fragments follow."""
    lengths = [round((t.lead + Fraction(t.length, t.timescale)) * scale) for t in tracks]
    mvhd = movie.moov.need(b"mvhd")
    skip = 28 if mvhd.version == 1 else 16
    tail = bytearray(mvhd.content[4 + skip :])
    tail[-4:] = struct.pack(">I", max(t.id for t in tracks) + 1)
    times = struct.pack(">QQIQ", 0, 0, scale, max(lengths, default=0))
    head = full_box(b"mvhd", 1, 0, times, bytes(tail))
    other = b"".join(child.raw for child in movie.moov.children() if child.kind not in _WRITTEN)
    traks = [
        write_trak(track, positions, scale, length)
        for track, positions, length in zip(tracks, placed, lengths, strict=True)
    ]
    return box(b"moov", head, *traks, extends, udta, other)
