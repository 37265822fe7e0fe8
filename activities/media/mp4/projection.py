"""How a picture is bent around who looks at it, such as 360 degrees: it stays where the picture is encoded (Google's
Spherical Video V1 and V2)."""

from __future__ import annotations

from activities.media.mp4.boxes import Box, Unreadable, box

_FIRST_VERSION = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
"""The kind of its `uuid` box, which lies in the track."""
_OF_ENTRY = (b"st3d", b"sv3d")
_VISUAL_ENTRY = 78
"""Bytes of a VisualSampleEntry before its boxes (ISO/IEC 14496-12, 12.1.3)."""


def with_projection(stsd: Box, trak: Box, source: Box) -> tuple[bytes, Box]:
    """Another picture's (`stsd`, `trak`) with what the track `source` says of it."""
    first = [
        one.raw for one in source.children() if one.kind == b"uuid" and one.content[:16] == _FIRST_VERSION
    ]
    if first:
        data = box(b"trak", trak.content, *first)
        trak = Box(b"trak", data, 0, 8, len(data))
    told = [
        one.raw
        for one in _entry(source.need(b"mdia", b"minf", b"stbl", b"stsd")).children(_VISUAL_ENTRY)
        if one.kind in _OF_ENTRY
    ]
    if not told:
        return stsd.raw, trak
    entry = _entry(stsd)
    made = box(entry.kind, entry.content, *told)
    return box(b"stsd", stsd.content[:8], made, stsd.data[entry.end : stsd.end]), trak


def _entry(stsd: Box) -> Box:
    entry = next(stsd.children(8), None)
    if entry is None:
        raise Unreadable("a picture has no sample entry")
    return entry
