"""What VP9 and AV1 say of their pictures in themselves: their size, and how their colours are coded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from activities.media.files.bits import Bits

_VP9_SYNC, _RGB = 0x498342, 7
_SEQUENCE_HEADER = 1
_MOST_UNITS = 32
"""Of a packet's units, those that are looked at: headers come before pictures."""


class Told(NamedTuple):
    """By a VP9 picture. `coding` is its profile, depth and colours; None where it goes by an earlier one's."""

    coding: tuple[int, ...] | None
    size: tuple[int, int]


def vp9_told(head: bytes) -> Told | None:
    """From the uncompressed header that `head` begins with (VP9 Bitstream & Decoding Process Specification, 6.2); None
    where the picture is as large as one before it, or it is no such header."""
    bits = Bits(head)
    if bits.take(2) != 2:
        return None
    profile = bits.take(1) + 2 * bits.take(1)
    if (profile == 3 and bits.take(1)) or bits.take(1):  # reserved; an earlier picture is shown
        return None
    inter, shown, resilient = bits.take(1), bits.take(1), bits.take(1)
    coding = None
    if not inter:
        if bits.take(24) != _VP9_SYNC:
            return None
        coding = (profile, *_vp9_colours(bits, profile))
    else:
        intra_only = 0 if shown else bits.take(1)
        bits.take(0 if resilient else 2)
        if not intra_only:
            bits.take(8 + 3 * 4)
            if any(bits.take(1) for _ in range(3)):  # as large as a reference
                return None
        else:
            if bits.take(24) != _VP9_SYNC:
                return None
            if profile:
                _vp9_colours(bits, profile)
            bits.take(8)
    size = bits.take(16) + 1, bits.take(16) + 1
    return None if bits.ran_out else Told(coding, size)


def _vp9_colours(bits: Bits, profile: int) -> tuple[int, ...]:
    """`color_config` (7.2.2)."""
    deep, space = bits.take(1) if profile >= 2 else 0, bits.take(3)
    sampled = profile in (1, 3)
    if space == _RGB:
        return deep, space, bits.take(1 if sampled else 0)
    return deep, space, bits.take(1), bits.take(3 if sampled else 0)


def av1_sequence_headers(data: bytes) -> Iterator[bytes]:
    """Of the units that `data` begins with (AV1 Bitstream & Decoding Process Specification, 5.3). An MP4 has one, of
    which all others are copies (AV1 Codec ISO Media File Format Binding, 2.4)."""
    at = 0
    for _ in range(_MOST_UNITS):
        if at >= len(data):
            return
        kind, extended, sized = data[at] >> 3 & 15, data[at] >> 2 & 1, data[at] >> 1 & 1
        at += 1 + extended
        length = len(data) - at
        if sized:
            length, at = _leb128(data, at)
        if kind == _SEQUENCE_HEADER:
            yield data[at : at + length]
        at += length


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends)."""
    value = 0
    for place in range(8):
        if at + place >= len(data):
            break
        value |= (data[at + place] & 127) << 7 * place
        if data[at + place] < 128:
            return value, at + place + 1
    return len(data), len(data)
