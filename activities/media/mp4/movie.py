"""An MP4 as tracks with sample tables: what the surgery works on (ISO/IEC 14496-12 clause 8)."""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, NamedTuple

from activities.media.mp4.boxes import Box, Encrypted, Unreadable, box
from activities.media.mp4.layout import MAX_BOXES, PROTECTED
from activities.media.mp4.tables import SampleTable, read_table

_LARGEST_MOOV = 256 << 20
_AROUND = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_TABLES = (b"stsz", b"stco", b"co64", b"stsc", b"stts", b"ctts", b"stss")
_UNCOMPRESSED = (
    *(b"sowt", b"twos", b"raw ", b"NONE", b"in24", b"in32", b"fl32", b"fl64", b"lpcm", b"ipcm", b"fpcm"),
    *(b"ulaw", b"alaw"),
)
"""Sound by the names of QuickTime and ISO/IEC 23003-5. No packet of it is reused."""
_LARGEST_ID = 1 << 31
"""Room is needed beyond it for the tracks that a render adds."""


class Edit(NamedTuple):
    """`length` in the movie's timescale; `media_time` in the track's, or -1 for an empty edit."""

    length: int
    media_time: int
    rate: int


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

    def of(self, handler: bytes) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if track.handler == handler)


def read_movie(path: Path) -> Movie:
    """Parse the tables of a progressive MP4.

    Raises:
        Encrypted: a track of it is.
        Unreadable: it is not one (fragmented, another container), or its tables are broken.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        ftyp, moov, fragmented = _top_level(file, size)
    traks = _traks(moov)
    if any(_is_encrypted(trak) for trak in traks):
        raise Encrypted("it is encrypted")
    if fragmented or moov.find(b"mvex"):
        raise Unreadable("it is fragmented")
    timescale = moov.need(b"mvhd").unpack("I", 20 if moov.need(b"mvhd").version == 1 else 12)[0]
    if not timescale:
        raise Unreadable("the movie has no timescale")
    tracks = tuple(_read_track(trak, size) for trak in traks)
    bare = _without_tables(moov)
    kept = Box(b"moov", bare, 0, 8, len(bare))
    for track, trak in zip(tracks, _traks(kept), strict=True):
        track.trak = trak
    numbers = {track.id for track in tracks}
    if len(numbers) < len(tracks) or not all(0 < number < _LARGEST_ID for number in numbers):
        raise Unreadable("its tracks are not numbered as they must be")
    return Movie(path, size, hashlib.sha256(moov.data).hexdigest(), ftyp, kept, timescale, tracks)


def _without_tables(here: Box, path: tuple[bytes, ...] = _AROUND) -> bytes:
    """An hour's are megabytes, and as arrays they are there once more."""
    if not path:
        return b"" if here.kind in _TABLES else here.raw
    if here.kind != path[0]:
        return here.raw
    return box(here.kind, *(_without_tables(child, path[1:]) for child in here.children()))


def _traks(moov: Box) -> list[Box]:
    return [child for child in moov.children() if child.kind == b"trak"]


def _is_encrypted(trak: Box) -> bool:
    stsd = trak.find(b"mdia", b"minf", b"stbl", b"stsd")
    return stsd is not None and any(entry.kind in PROTECTED for entry in stsd.children(8))


def _top_level(file: BinaryIO, size: int) -> tuple[bytes, Box, bool]:
    """(ftyp, moov, whether there are fragments)"""
    ftyp, moov, position, count = b"", None, 0, 0
    while position + 8 <= size:
        count += 1
        if count > MAX_BOXES:
            raise Unreadable("it is in more pieces than a video is")
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if length == 1:
            length, header = int.from_bytes(file.read(8), "big"), 16
        elif length == 0:
            length = size - position
        if length < header or (position == 0 and not (kind.isalnum() and kind.isascii())):
            raise Unreadable("it is not an MP4")
        if kind in (b"moof", b"sidx", b"styp"):
            if moov is None:
                raise Unreadable("it is fragmented")
            return ftyp, moov, True
        if kind in (b"ftyp", b"moov"):
            if length > _LARGEST_MOOV or position + length > size:
                raise Unreadable(f"its {kind.decode()} box is cut short")
            file.seek(position)
            data = file.read(length)
            if kind == b"ftyp":
                ftyp = data
            else:
                moov = Box(kind, data, 0, header, length)
        position += length
    if moov is None:
        raise Unreadable("it has no moov box: it is not an MP4, or is truncated")
    return ftyp, moov, False


def _read_track(trak: Box, file_size: int) -> Track:
    tkhd, mdia = trak.need(b"tkhd"), trak.need(b"mdia")
    mdhd = mdia.need(b"mdhd")
    track_id = tkhd.unpack("I", 20 if tkhd.version == 1 else 12)[0]
    timescale = mdhd.unpack("I", 20 if mdhd.version == 1 else 12)[0]
    handler = mdia.need(b"hdlr").unpack("4B", 8)
    if not timescale:
        raise Unreadable("a track has no timescale")
    stbl = mdia.need(b"minf", b"stbl")
    entry = next(stbl.need(b"stsd").children(8), None)
    uncompressed = entry is not None and entry.kind in _UNCOMPRESSED
    table = SampleTable.empty() if uncompressed else read_table(stbl, file_size)
    track = Track(track_id, bytes(handler), timescale, _read_edits(trak), trak, table)
    for dref in (mdia.need(b"minf", b"dinf", b"dref"),):
        for entry in dref.children(8):
            if not entry.unpack("I")[0] & 1:
                raise Unreadable("its samples lie in another file")
    return track


def _read_edits(trak: Box) -> tuple[Edit, ...]:
    elst = trak.find(b"edts", b"elst")
    if elst is None:
        return ()
    wide = elst.version == 1
    count = min(elst.unpack("I", 4)[0], 10_000)
    layout, size = ("QqI", 20) if wide else ("IiI", 12)
    return tuple(Edit(*elst.unpack(layout, 8 + size * number)) for number in range(count))
