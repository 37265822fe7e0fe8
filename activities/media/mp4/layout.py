"""The little of an MP4's boxes (ISO/IEC 14496-12) that FFmpeg does not tell: is it whole, fragmented, and how edited.

Read-only, and bounded: boxes of a damaged file may claim anything.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_BOXES = 100_000
_MAX_MOOV = 256 * 2**20
_MAX_EDITS = 1_000
PROTECTED = (b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms")
"""Sample entries of what is encrypted: by ISO/IEC 23001-7 and PIFF, and Apple's FairPlay."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list. `media_time` -1 is an empty edit: nothing is shown for `duration`."""

    duration: int
    """In the movie's timescale."""
    media_time: int
    """In the track's timescale."""


@dataclass(frozen=True, slots=True)
class Mp4Layout:
    has_moov: bool
    fragmented: bool
    truncated: bool
    """A box that holds media or tables ends beyond the file."""
    edits: dict[int, tuple[Edit, ...]]
    """By track id; a track without an edit list is absent."""
    encrypted: bool = False


def read_layout(path: Path) -> Mp4Layout:
    """Walk the top-level boxes, then the tracks of `moov`."""
    size = path.stat().st_size
    fragmented = truncated = False
    with path.open("rb") as file:
        for kind, _, end in _top_level(file, size):
            fragmented |= kind == b"moof"
            truncated |= end > size and kind in (b"mdat", b"moov", b"moof")
    moov = read_moov(path)
    fragmented |= any(kind == b"mvex" for kind, _ in boxes(moov))
    return Mp4Layout(bool(moov), fragmented, truncated, _edits(moov), _encrypted(moov))


def read_moov(path: Path) -> bytes:
    """The content of the last `moov`; nothing where there is none, or where it is larger than any is."""
    moov = b""
    with path.open("rb") as file:
        for kind, start, end in _top_level(file, path.stat().st_size):
            if kind == b"moov" and end - start <= _MAX_MOOV:
                file.seek(start)
                moov = file.read(end - start)
    return moov


def is_fragmented(path: Path) -> bool:
    """Whether samples stand in fragments, told by headers of boxes alone."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for kind, start, end in _top_level(file, size):
            if kind == b"moof":
                return True
            if kind == b"moov":
                inner = (name == b"mvex" for name, _, _ in _top_level(file, min(end, size), start))
                if any(inner):
                    return True
    return False


def _top_level(file: BinaryIO, size: int, at: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of the content, end) of each box from `at` to `size`."""
    for _ in range(MAX_BOXES):
        if at >= size:
            return
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return
        length, kind = struct.unpack(">I4s", header[:8])
        head = 8
        if length == 1 and len(header) == 16:
            length, head = struct.unpack(">Q", header[8:])[0], 16
        elif length == 0:
            length = size - at
        if length < head:
            return
        yield kind, at + head, at + length
        at += length


def boxes(content: bytes | memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """(type, content) of each box inside another; ends at the first that does not fit."""
    view = memoryview(content)
    at = 0
    for _ in range(MAX_BOXES):
        if at + 8 > len(view):
            return
        length, kind = struct.unpack_from(">I4s", view, at)
        head = 8
        if length == 1 and at + 16 <= len(view):
            length, head = struct.unpack_from(">Q", view, at + 8)[0], 16
        if length < head or at + length > len(view):
            return
        yield kind, view[at + head : at + length]
        at += length


def _edits(moov: bytes) -> dict[int, tuple[Edit, ...]]:
    found: dict[int, tuple[Edit, ...]] = {}
    for kind, trak in boxes(moov):
        if kind != b"trak":
            continue
        track_id, edits = None, None
        for inner, content in boxes(trak):
            if inner == b"tkhd":
                track_id = _track_id(content)
            elif inner == b"edts":
                edits = next((_edit_list(elst) for name, elst in boxes(content) if name == b"elst"), None)
        if track_id is not None and edits is not None:
            found[track_id] = edits
    return found


def _encrypted(moov: bytes) -> bool:
    inside: list[memoryview] = [memoryview(moov)]
    for kind in (b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        inside = [content for outer in inside for name, content in boxes(outer) if name == kind]
    return any(name in PROTECTED for stsd in inside for name, _ in boxes(stsd[8:]))


def _track_id(tkhd: memoryview) -> int | None:
    at = 20 if len(tkhd) and tkhd[0] == 1 else 12
    return int(struct.unpack_from(">I", tkhd, at)[0]) if len(tkhd) >= at + 4 else None


def _edit_list(elst: memoryview) -> tuple[Edit, ...]:
    if len(elst) < 8:
        return ()
    entry = struct.Struct(">Qqi" if elst[0] == 1 else ">Iii")
    count = min(struct.unpack_from(">I", elst, 4)[0], (len(elst) - 8) // entry.size, _MAX_EDITS)
    entries = (entry.unpack_from(elst, 8 + number * entry.size) for number in range(count))
    return tuple(Edit(duration, media_time) for duration, media_time, _ in entries)
