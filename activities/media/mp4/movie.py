"""An MP4 as tracks with sample tables: what the surgery works on (ISO/IEC 14496-12 clause 8)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import BinaryIO

from activities.media.mp4.boxes import UNITY, Box, Encrypted, Unreadable, box, walk
from activities.media.mp4.edits import Edit, of_length, read_edits
from activities.media.mp4.fragment_times import Told, from_zero
from activities.media.mp4.layout import PROTECTED
from activities.media.mp4.moof import Fragments
from activities.media.mp4.tables import BY_SAMPLE, SampleTable, read_table
from activities.media.mp4.top_level import top_level, whole_ftyp

_AROUND = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_TABLES = (b"stsz", b"stco", b"co64", b"stsc", b"stts", b"ctts", b"stss")
_UNCOMPRESSED = (
    *(b"sowt", b"twos", b"raw ", b"NONE", b"in24", b"in32", b"fl32", b"fl64", b"lpcm", b"ipcm", b"fpcm"),
    *(b"ulaw", b"alaw"),
)
"""Sound by the names of QuickTime and ISO/IEC 23003-5. No packet of it is reused."""
_FINEST = 1_000_000
_LARGEST_ID = 1 << 31
"""Room is needed beyond it for the tracks that a render adds."""


@dataclass(slots=True)
class Track:
    id: int
    handler: bytes
    timescale: int
    edits: tuple[Edit, ...]
    trak: Box
    table: SampleTable
    """Empty for uncompressed sound, which has a sample for each of its own, tens of thousands a second."""

    @property
    def stsd(self) -> Box:
        return self.trak.need(b"mdia", b"minf", b"stbl", b"stsd")

    @property
    def codec(self) -> bytes:
        """The four characters of the first sample entry."""
        entry = next(self.stsd.children(8), None)
        return entry.kind if entry else b""

    def entries_used(self) -> list[Box]:
        """The sample entries that samples are of."""
        entries, kinds = list(self.stsd.children(8)), self.table.description
        return entries[:1] if kinds is None else [entries[number - 1] for number in sorted({*kinds.tolist()})]

    @property
    def uncompressed(self) -> bool:
        return self.codec in _UNCOMPRESSED

    @property
    def enabled(self) -> bool:
        return bool(self.trak.need(b"tkhd").unpack("I")[0] & 1)

    @property
    def language(self) -> str:
        """The three letters of `mdhd`; `und` where it holds a number of QuickTime's."""
        mdhd = self.trak.need(b"mdia", b"mdhd")
        packed = mdhd.unpack("H", 32 if mdhd.version == 1 else 20)[0]
        return (
            "".join(chr((packed >> shift & 31) + 0x60) for shift in (10, 5, 0)) if packed >= 0x400 else "und"
        )

    def references(self, kind: bytes) -> tuple[int, ...]:
        """Track ids that `tref` names for `kind`."""
        found = self.trak.find(b"tref", kind)
        return found.unpack(f"{(found.end - found.body) // 4}I") if found else ()

    def lead(self, movie_timescale: int) -> Fraction:
        """Seconds of empty edit before the media begins."""
        empty = sum(edit.length for edit in self.edits if edit.media_time < 0)
        return Fraction(empty, movie_timescale)

    @property
    def media_time(self) -> int:
        """Where in the media the presentation begins."""
        return next((edit.media_time for edit in self.edits if edit.media_time >= 0), 0)

    def single_edit(self) -> bool:
        """At most one edit after at most one empty one: the presentation is one piece at normal speed."""
        kinds = [edit.media_time >= 0 for edit in self.edits]
        return kinds in ([], [True], [False, True]) and all(edit.rate == 0x10000 for edit in self.edits)


@dataclass(slots=True)
class Movie:
    path: Path
    size: int
    sha256: str
    """Of `moov` as it is in the file."""
    ftyp: bytes
    moov: Box
    """Without the tables that `Track.table` holds."""
    timescale: int
    tracks: tuple[Track, ...]

    @property
    def turned(self) -> bool:
        """Whether the movie has a matrix of its own, by which all its pictures are turned once more."""
        mvhd = self.moov.need(b"mvhd")
        return mvhd.content[48:84] != UNITY if mvhd.version == 1 else mvhd.content[36:72] != UNITY

    def of(self, handler: bytes) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if track.handler == handler)


def read_movie(path: Path) -> Movie:
    """Parse the tables of an MP4; samples of fragments stand in them like others.

    Raises:
        Encrypted: a track of it is.
        Unreadable: it is not one, its tables are broken, or its fragments are put together in an unusual way.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        ftyp, moov, moofs = top_level(file, size)
        traks = _traks(moov)
        if any(_is_encrypted(trak) for trak in traks):
            raise Encrypted("it is encrypted")
        timescale = moov.need(b"mvhd").unpack("I", 20 if moov.need(b"mvhd").version == 1 else 12)[0]
        if not timescale:
            raise Unreadable("the movie has no timescale")
        tracks = tuple(_read_track(trak, size) for trak in traks)
        numbers = {track.id for track in tracks}
        if len(numbers) < len(tracks) or not all(0 < number < _LARGEST_ID for number in numbers):
            raise Unreadable("its tracks are not numbered as they must be")
        hasher = hashlib.sha256(moov.data)
        fragmented = bool(moofs) or moov.find(b"mvex") is not None
        if fragmented:
            timescale = _defragment(file, moov, tracks, timescale, moofs, size, hasher)
            ftyp = whole_ftyp(ftyp)
        else:
            for track in tracks:
                track.edits = of_length(track.edits)
    bare = _without(moov, (*_TABLES, *BY_SAMPLE) if fragmented else _TABLES)
    kept = Box(b"moov", bare, 0, 8, len(bare))
    for track, trak in zip(tracks, _traks(kept), strict=True):
        track.trak = trak
    return Movie(path, size, hasher.hexdigest(), ftyp, kept, timescale, tracks)


def _defragment(
    file: BinaryIO,
    moov: Box,
    tracks: Sequence[Track],
    timescale: int,
    moofs: Sequence[tuple[int, int]],
    size: int,
    hasher: hashlib._Hash,
) -> int:
    """Give `tracks` the samples of the fragments at `moofs`, (position, length) each; answers the movie's timescale."""
    for track in tracks:
        if track.handler in (b"vide", b"soun") and not track.single_edit():
            raise Unreadable("it is fragmented, and put together from several edits")
    fragments = Fragments(moov, (track.id for track in tracks if not track.uncompressed), size)
    for position, length in moofs:
        file.seek(position)
        data = file.read(length)
        hasher.update(data)
        fragments.take(next(walk(data, 0, length)), position)
    told = []
    for track in tracks:
        if not track.uncompressed:
            count = sum(1 for _ in track.stsd.children(8))
            track.table = fragments.table(track.id, track.table, count, always_sync=track.handler != b"vide")
        told.append(
            Told(track.handler, track.timescale, track.lead(timescale), track.media_time, track.table)
        )
    timescale = common_timescale(timescale, (track.timescale for track in tracks))
    for track, one in zip(tracks, from_zero(told), strict=True):
        track.table = one.table
        track.edits = (Edit(round(one.lead * timescale), -1, 0x10000),) if one.lead else ()
        track.edits += (Edit(0, one.media_time, 0x10000),)
    return timescale


def common_timescale(scale: int, scales: Iterable[int]) -> int:
    """A clock that tells the times of all exactly, or else the finest of them."""
    for other in scales:
        both = lcm(scale, other)
        scale = both if both <= _FINEST else max(scale, other)
    return scale


def _without(here: Box, names: tuple[bytes, ...], path: tuple[bytes, ...] = _AROUND) -> bytes:
    """An hour's tables are megabytes, and as arrays they are there once more."""
    if not path:
        return b"" if here.kind in names else here.raw
    if here.kind != path[0]:
        return here.raw
    return box(here.kind, *(_without(child, names, path[1:]) for child in here.children()))


def _traks(moov: Box) -> list[Box]:
    return [child for child in moov.children() if child.kind == b"trak"]


def _is_encrypted(trak: Box) -> bool:
    stsd = trak.find(b"mdia", b"minf", b"stbl", b"stsd")
    return stsd is not None and any(entry.kind in PROTECTED for entry in stsd.children(8))


def _read_track(trak: Box, file_size: int) -> Track:
    tkhd, mdia = trak.need(b"tkhd"), trak.need(b"mdia")
    mdhd = mdia.need(b"mdhd")
    track_id = tkhd.unpack("I", 20 if tkhd.version == 1 else 12)[0]
    timescale = mdhd.unpack("I", 20 if mdhd.version == 1 else 12)[0]
    handler = mdia.need(b"hdlr").unpack("4B", 8)
    if not timescale:
        raise Unreadable("a track has no timescale")
    stbl = mdia.need(b"minf", b"stbl")
    track = Track(track_id, bytes(handler), timescale, read_edits(trak), trak, SampleTable.empty())
    if not track.uncompressed:
        track.table = read_table(stbl, file_size)
    for dref in (mdia.need(b"minf", b"dinf", b"dref"),):
        for entry in dref.children(8):
            if not entry.unpack("I")[0] & 1:
                raise Unreadable("its samples lie in another file")
    return track
