"""Times of pictures that are copied into an MP4: a rehearsal of the muxing, from what their packets say.

A container may tell no decoding times, or impossible ones: later than the picture is shown (a screen recording whose
pictures stand for seconds), or two that are the same. An MP4 needs one for each, growing, and never later than the
picture is shown. So they are made anew: the order of the packets stays, and the n-th is decoded when the n-th picture
is shown, all earlier by what the reordering needs.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from activities.media.files.parameter_sets import ParameterSets
from activities.media.mp4.tables import Ints
from schema.errors import MediaRefused

CLOCK = 90_000
_FINEST = 1_000_000
_LARGEST = 2**31 - 1
_NO_TIMES = "The pictures have no times. Export the video again."
_TOO_FAR = "Two pictures lie {hours} hours apart, further than an MP4 can tell. Cut the video there, or export it again."


@dataclass(frozen=True, slots=True)
class PictureTimes:
    """Of every packet with a picture, in the order of the file, in ticks of `timescale`; 0 is where the presentation
    begins."""

    timescale: int
    shown: Ints
    decoded: Ints
    length: int
    """Of the picture that is shown last."""
    change: bool = False
    """Whether later pictures are decoded by other parameters than the first: an MP4's one description is not of them."""


def clock_for(base: Fraction) -> int:
    """Ticks a second that hold a stream's times exactly, or nearly where it counts in nanoseconds."""
    if CLOCK % base.denominator == 0 or base.denominator > _FINEST:
        return CLOCK
    return base.denominator * -(-10_000 // base.denominator)


def read_times(
    media: InputContainer, stream: VideoStream, heard: Sequence[Stream], origin: Fraction
) -> PictureTimes:
    """Reads all packets of the picture, and of the sound that is heard with it: a last picture that tells no length is
    shown until that ends.

    Raises:
        MediaRefused: the pictures tell no times, or ones that no MP4 can hold.
    """
    base = stream.time_base or Fraction(1, CLOCK)
    shown, lengths, untold = array("q"), array("q"), 0
    before, ends, sets = None, None, ParameterSets(stream)
    for packet in media.demux([stream, *heard]):
        if not packet.size:
            continue
        at = packet.pts if packet.pts is not None else packet.dts
        if packet.stream.index != stream.index:
            if at is not None and packet.time_base:
                end = (at + (packet.duration or 0)) * packet.time_base - origin
                ends = end if ends is None else max(ends, end)
            continue
        sets.take(packet)
        if at is None:
            untold += 1
            at = 0 if before is None else before + 1
        shown.append(at)
        lengths.append(packet.duration or 0)
        before = at
    if not len(shown) or untold > len(shown) // 2:
        raise MediaRefused(_NO_TIMES)
    made = _made(np.array(shown, np.int64), np.array(lengths, np.int64), base, origin, ends)
    return replace(made, change=sets.change)


def _made(told: Ints, lengths: Ints, base: Fraction, origin: Fraction, ends: Fraction | None) -> PictureTimes:
    scale = clock_for(base)
    factor, moved = base * scale, round(origin * scale)
    order = np.argsort(told, kind="stable")
    rising = _scaled(told[order], factor) - moved
    steps = np.arange(len(rising))
    rising = np.maximum.accumulate(rising - steps) + steps  # two at one time follow one another
    if len(rising) > 1 and (far := int(np.diff(rising).max())) > _LARGEST:
        raise MediaRefused(_TOO_FAR.format(hours=far // scale // 3600))
    shown = np.empty_like(rising)
    shown[order] = rising
    ahead = max(0, int((rising - shown).max()))
    length = round(int(lengths[order[-1]]) * factor)
    if not length:
        usual = int(np.diff(rising).min()) if len(rising) > 1 else scale // 25
        rest = 0 if ends is None else round(ends * scale) - int(rising[-1])
        length = max(usual, rest)
    return PictureTimes(scale, shown, rising - ahead, min(length, _LARGEST))


def _scaled(ticks: Ints, factor: Fraction) -> Ints:
    """Rounded to the nearest, without a product that wraps."""
    whole, rest = np.divmod(ticks, factor.denominator)
    part: Ints = (rest * factor.numerator * 2 + factor.denominator) // (2 * factor.denominator)
    part += whole * factor.numerator
    return part
