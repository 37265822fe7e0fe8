"""The boxes that lie side by side in an MP4 file: what is read of them whole (ISO/IEC 14496-12 clause 4.3 and 8.2)."""

from __future__ import annotations

import struct
from typing import BinaryIO

from activities.media.mp4.boxes import Box, Unreadable, box
from activities.media.mp4.layout import MAX_BOXES

_LARGEST = 256 << 20
"""Of a box that is read into memory."""
_OF_FRAGMENTS = (b"dash", b"msdh", b"msix", b"cmfc", b"cmf2", b"cmfs", b"cmff", b"cmfl")
"""Brands of DASH and CMAF (ISO/IEC 23009-1 and 23000-19)."""


def top_level(file: BinaryIO, size: int) -> tuple[bytes, Box, list[tuple[int, int]]]:
    """(ftyp, moov, position and length of every moof)"""
    ftyp, moov, moofs, position, count = b"", None, [], 0, 0
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
        if kind in (b"ftyp", b"moov", b"moof") and (length > _LARGEST or position + length > size):
            raise Unreadable(f"its {kind.decode()} box is cut short")
        if kind == b"moof":
            moofs.append((position, length))
        if moofs and (moov is None or kind == b"moov"):
            raise Unreadable("it is fragmented, and its moov is not before its fragments")
        if kind in (b"ftyp", b"moov"):
            file.seek(position)
            data = file.read(length)
            if kind == b"ftyp":
                ftyp = data
            else:
                moov = Box(kind, data, 0, header, length)
        position += length
    if moov is None:
        raise Unreadable("it has no moov box: it is not an MP4, or is truncated")
    return ftyp, moov, moofs


def whole_ftyp(ftyp: bytes) -> bytes:
    """Without the brands that only fragments may have."""
    brands = [ftyp[at : at + 4] for at in range(16, len(ftyp) - 3, 4)]
    kept = [brand for brand in brands if brand not in _OF_FRAGMENTS]
    major = ftyp[8:12] if ftyp[8:12] not in _OF_FRAGMENTS else b"isom"
    return box(b"ftyp", major, ftyp[12:16], *(kept or [b"isom"])) if ftyp else b""
