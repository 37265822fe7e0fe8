"""VC-1 (SMPTE ST 421), which nothing here encodes: grey pictures, bit by bit, as Windows Media's tools wrote them.

Every picture is an I picture whose macroblocks hold neither coefficients nor a change of brightness.
"""

from __future__ import annotations

import struct
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

_MACROBLOCK = (1, "1"), (1, "0"), (4, "1"), (2, "00")
"""Which of its blocks are coded (none), no prediction of coefficients, four blocks of luma, two of chroma."""
_QUANTISER = "00101"


def _bits(*parts: str) -> bytes:
    joined = "".join(parts)
    joined += "1" + "0" * (-(len(joined) + 1) % 8)  # the stop bit, and up to a whole byte
    return int(joined, 2).to_bytes(len(joined) // 8, "big")


def _macroblocks(width: int, height: int) -> str:
    one = "".join(times * code for times, code in _MACROBLOCK)
    return one * (-(-width // 16) * -(-height // 16))


def simple_header() -> bytes:
    """STRUCT_C of Windows Media Video 9, simple profile (annex J.1)."""
    flags = "00001111111100011000000000000001"
    return int(flags, 2).to_bytes(4, "big")


def simple_picture(width: int, height: int) -> bytes:
    """An I picture of the simple profile (7.1.1)."""
    header = "0000000000" + _QUANTISER + "0000"
    return _bits(header, _macroblocks(width, height))


def advanced_headers(width: int, height: int) -> bytes:
    """Sequence and entry point of the advanced profile (6.1, 6.2), each after its start code."""
    size = f"{width // 2 - 1:012b}{height // 2 - 1:012b}"
    sequence = _bits("1100101111111110", size, "00001000")
    entry = _bits("0100000000000000")
    return b"\0\0\1\x0f" + sequence + b"\0\0\1\x0e" + entry


def advanced_picture(width: int, height: int) -> bytes:
    """A progressive I picture of the advanced profile (7.1.1), after its start code."""
    header = "1100" + _QUANTISER + "000000000"
    return b"\0\0\1\x0d" + _bits(header, _macroblocks(width, height))


def make_vc1(
    target: Path, heard: Path, *, advanced: bool, pictures: int = 75, size: tuple[int, int] = (320, 192)
) -> Path:
    """Pictures of VC-1, 25 a second, beside the sound of `heard`, in the container that the name of `target` tells."""
    bare = target.with_suffix(".vc1" if advanced else ".rcv")
    one = advanced_picture(*size) if advanced else simple_picture(*size)
    headers = advanced_headers(*size)
    bare.write_bytes((headers + one) * 2 if advanced else _test_stream(one, *size))
    step = Fraction(1, 25)
    with ExitStack() as stack:
        told, media = (stack.enter_context(av.open(str(path))) for path in (bare, heard))
        output = stack.enter_context(av.open(str(target), "w"))
        picture = output.add_stream_from_template(told.streams.video[0], opaque=True)
        sound = output.add_stream_from_template(media.streams.audio[0], opaque=True)
        packets: list[Packet[Any]] = []
        for number in range(pictures):
            packet = Packet(headers + one if advanced else one)
            packet.time_base, packet.pts, packet.dts, packet.duration = step, number, number, 1
            packet.is_keyframe, packet.stream = True, picture
            packets.append(packet)
        for packet in media.demux(audio=0):
            if packet.size:
                packet.stream = sound
                packets.append(packet)
        output.mux(sorted(packets, key=lambda each: (each.dts or 0) * (each.time_base or 0)))
    return target


def _test_stream(picture: bytes, width: int, height: int) -> bytes:
    """The file of one picture in which ST 421's test streams come (annex L)."""
    head = b"\1\0\0\xc5" + struct.pack("<I", 4) + simple_header()
    head += struct.pack("<III8xI", height, width, 12, 25)
    return head + struct.pack("<II", len(picture) | 1 << 31, 0) + picture
