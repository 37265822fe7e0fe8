"""What the sample entry of an MP4's pictures says beside their coding (ISO/IEC 14496-12, 12.1), and FFmpeg does not tell."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from activities.media.mp4.layout import boxes

Entry = Mapping[bytes, memoryview]
_FIELDS = 78
"""Bytes of a VisualSampleEntry before its boxes."""
_DOWN = (b"mdia", b"minf", b"stbl", b"stsd")
_DOLBY_VISION = (b"dvcC", b"dvvC", b"dvwC")


class Aperture(NamedTuple):
    """The part of a picture that is meant to be shown. `left` and `top` are those of its centre, from the picture's."""

    width: Fraction
    height: Fraction
    left: Fraction
    top: Fraction

    def within(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(width, height, left, top) in whole pixels of a picture of that size; all of it where it does not fit."""
        across, down = round(self.width), round(self.height)
        left = round(Fraction(width - 1, 2) + self.left - (self.width - 1) / 2)
        top = round(Fraction(height - 1, 2) + self.top - (self.height - 1) / 2)
        fits = across > 0 and down > 0 and left >= 0 and top >= 0
        if not fits or left + across > width or top + down > height:
            return width, height, 0, 0
        return across, down, left, top


def clean_aperture(entry: Entry) -> Aperture | None:
    """The clean aperture (12.1.4); None where there is none."""
    clap = entry.get(b"clap", b"")
    if len(clap) < 32:
        return None
    numbers = struct.unpack_from(">8i", clap)
    if not all(numbers[1::2]):
        return None
    return Aperture(
        *(Fraction(above, below) for above, below in zip(numbers[::2], numbers[1::2], strict=True))
    )


def is_dolby_vision_alone(entry: Entry) -> bool:
    """Whether a track's colours are Dolby Vision's own, as of its profile 5: decoded by anything else, they are green and
    purple (Dolby Vision Streams Within the ISO Base Media File Format, `dv_bl_signal_compatibility_id`)."""
    told = next((entry[kind] for kind in _DOLBY_VISION if kind in entry), b"")
    return len(told) >= 5 and told[4] >> 4 == 0


def visual_entry(moov: bytes, index: int) -> Entry:
    """The boxes of the first sample entry of a track, counted from 0, by kind; none where there is no such track."""
    traks = [content for kind, content in boxes(moov) if kind == b"trak"]
    if not 0 <= index < len(traks):
        return {}
    here = traks[index]
    for wanted in _DOWN:
        here = next((content for kind, content in boxes(here) if kind == wanted), memoryview(b""))
    entry = next((content for _, content in boxes(here[8:])), memoryview(b""))
    return dict(boxes(entry[_FIELDS:]))
