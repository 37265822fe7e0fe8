"""One track of an MP4 that is written: its boxes, kept from the source wherever they stay true (14496-12 clause 8)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from activities.media.mp4.boxes import UNITY, Box, box, full_box
from activities.media.mp4.tables import BY_SAMPLE, Ints, SampleTable, write_table

_SMHD = full_box(b"smhd", 0, 0, bytes(4))
"""With no balance to one side."""
_WRITTEN = (b"tkhd", b"edts", b"tref", b"mdia", b"udta")
"""Boxes of a track that are written anew; others, known or not, stay: they say how it is shown (360 degrees, say)."""


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
    centred: bool = False
    """Whether it is heard from all its speakers, wherever `header` places it: what was left and right is both."""
    enabled: bool | None = None
    alternate_group: int | None = None
    language: str | None = None
    title: str | None = None
    matrix: bytes | None = None
    """How the picture is turned, where that is not as `header` has it: nine numbers of 32 bits."""
    references: tuple[tuple[bytes, tuple[int, ...]], ...] = ()


def write_trak(track: OutTrack, offsets: Ints, scale: int, length: int) -> bytes:
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
    if track.header is not None:
        parts += [child.raw for child in track.header.children() if child.kind not in _WRITTEN]
    return box(b"trak", *parts)


def _tkhd(track: OutTrack, old: Box | None, length: int) -> bytes:
    if old is None:
        flags, tail = 3, bytearray(8) + struct.pack(">HHHH", 0, 0, 0, 0) + UNITY + bytes(8)
    else:
        flags = int(old.unpack("I")[0]) & 0xFFFFFF
        tail = bytearray(old.content[(4 + 32) if old.version == 1 else (4 + 20) :])
    if track.enabled is not None:
        flags = flags & ~1 | int(track.enabled)
    if track.alternate_group is not None:
        tail[10:12] = struct.pack(">H", track.alternate_group)
    if track.matrix is not None:
        tail[16:52] = track.matrix
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


def _named(track: OutTrack, hdlr: Box) -> bytes:
    """The source's handler, by the track's title where it has one: players show the one or the other."""
    if track.title is None:
        return hdlr.raw
    name, head = track.title.encode(), hdlr.content[:24]
    # QuickTime's strings begin with their length, ISO's end with a zero.
    return box(b"hdlr", head, bytes([len(name)]) + name if head[4:8] == b"mhlr" else name + b"\0")


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
        hdlr = _named(track, old.need(b"hdlr"))
        heads = (child for child in minf.children() if child.kind != b"stbl")
        before = b"".join(_SMHD if track.centred and head.kind == b"smhd" else head.raw for head in heads)
        stbl = minf.need(b"stbl")
        extra = b"".join(
            child.raw for child in stbl.children() if child.kind in BY_SAMPLE and track.same_samples
        )
    else:
        hdlr = full_box(
            b"hdlr", 0, 0, bytes(4), track.handler, bytes(12), (track.title or "").encode(), b"\0"
        )
        url = full_box(b"url ", 0, 1)
        media = full_box(b"nmhd", 0, 0) if track.handler != b"soun" else _SMHD
        before = media + box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), url))
        extra = b""
    content = write_table(table, track.stsd, extra)
    longer = old.find(b"elng") if old and track.language is None else None
    return box(
        b"mdia", head, longer.raw if longer else b"", hdlr, box(b"minf", before, box(b"stbl", content))
    )
