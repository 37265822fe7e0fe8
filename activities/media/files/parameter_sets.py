"""What pictures are decoded by, as their packets hold it: their size, shape and colours among it.

An MP4 says it once, ahead of all pictures. A transport stream says it again and again, and what it says may change on the
way, as where a recording goes on in another format.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from av.packet import Packet
from av.video.stream import VideoStream

from activities.media.files.frame_headers import Told, av1_sequence_headers, vp9_told

_KINDS = {"h264": {7}, "hevc": {32, 33, 34}}
"""NAL unit types: SPS (ITU-T H.264, table 7-1); VPS, SPS and PPS (H.265, table 7-1), which `hvc1` has nowhere else. PPS
of H.264 vary from picture to picture with some encoders, and decoders take them from there."""
_VP9_HEAD = 24
"""Bytes of a picture that hold what is wanted of its header."""
_AV1_CONFIG = 4
"""Bytes of an `av1C` before its units."""
_MOST_UNITS = 32
"""Sets come before the pictures of a packet."""


class ParameterSets:
    """Hears of all packets of a stream, in their order."""

    def __init__(self, stream: VideoStream) -> None:
        self.change = False
        self._codec = stream.codec_context.codec.canonical_name
        self._setup = stream.codec_context.extradata or b""
        self._length = _length_size(self._codec, self._setup)
        self._known: set[bytes] | None = None
        self._told: Told | None = None

    def take(self, packet: Packet[Any]) -> None:
        if self.change or packet.is_corrupt:
            return
        if self._codec == "vp9":
            self._take_vp9(vp9_told(bytes(memoryview(packet)[:_VP9_HEAD])))
        elif self._codec == "av1" and packet.is_keyframe:
            self._take_av1(packet)
        elif self._codec in _KINDS:
            self._take_sets(packet)

    def _take_vp9(self, told: Told | None) -> None:
        if told is None:
            return
        if self._told is None:
            self._told = told if told.coding else None
        else:
            self.change = told.size != self._told.size or told.coding not in (None, self._told.coding)

    def _take_av1(self, packet: Packet[Any]) -> None:
        headers = {*av1_sequence_headers(bytes(packet))}
        if self._known is None:
            self._known = {*av1_sequence_headers(self._setup[_AV1_CONFIG:]), *headers}
        else:
            self.change = not self._known.issuperset(headers)

    def _take_sets(self, packet: Packet[Any]) -> None:
        if self._known is None:  # the first may have them in itself alone
            self._known = {*_described(self._codec, self._setup), *self._sets(packet)}
        elif packet.has_sidedata("new_extradata"):
            told = bytes(packet.get_sidedata("new_extradata"))
            self.change = not self._known.issuperset(_described(self._codec, told))
        elif packet.is_keyframe:
            self.change = not self._known.issuperset(self._sets(packet))

    def _sets(self, packet: Packet[Any]) -> Iterator[bytes]:
        data = bytes(packet)
        units = _between_start_codes(data) if not self._length else _by_lengths(data, self._length)
        return _only_sets(self._codec, units)


def _only_sets(codec: str, units: Iterator[bytes]) -> Iterator[bytes]:
    for number, unit in enumerate(units):
        kind = (unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63) if unit else -1
        if kind in _KINDS[codec]:
            yield unit.rstrip(b"\0")
        if number > _MOST_UNITS:
            return


def _between_start_codes(data: bytes) -> Iterator[bytes]:
    at = data.find(b"\0\0\1")
    while at >= 0:
        after = data.find(b"\0\0\1", at + 3)
        yield data[at + 3 : after if after >= 0 else len(data)]
        at = after


def _by_lengths(data: bytes, size: int, count: int = _MOST_UNITS) -> Iterator[bytes]:
    at = 0
    for _ in range(count):
        if at + size > len(data):
            return
        length = int.from_bytes(data[at : at + size], "big")
        yield data[at + size : at + size + length]
        at += size + length


def _length_size(codec: str, setup: bytes) -> int:
    """Of what stands before each unit in a packet; 0 where start codes do (ISO/IEC 14496-15, 5.3.3 and 8.3.3)."""
    if setup[:1] != b"\1" or codec not in _KINDS:
        return 0
    at = 4 if codec == "h264" else 21
    return (setup[at] & 3) + 1 if len(setup) > at else 4


def _described(codec: str, setup: bytes) -> Iterator[bytes]:
    """The sets that a decoder is set up with: as in a packet, or in a configuration record."""
    if not _length_size(codec, setup):
        return _only_sets(codec, _between_start_codes(setup))
    if codec == "h264":
        return _only_sets(codec, _by_lengths(setup[6:], 2, setup[5] & 31 if len(setup) > 5 else 0))
    return _only_sets(codec, _in_arrays(setup))


def _in_arrays(setup: bytes) -> Iterator[bytes]:
    at = 23
    for _ in range(setup[22] if len(setup) > 22 else 0):
        count = int.from_bytes(setup[at + 1 : at + 3], "big")
        at += 3
        for unit in _by_lengths(setup[at:], 2, count):
            yield unit
            at += 2 + len(unit)
