"""AAC-LC access units: decoding any of them from the tables, encoding, and what their windows look like.

Packet i of a track decodes to the samples [1024 i, 1024 (i + 1)) of its media timeline, but its window reaches over
2,048 samples from there: each output is the second half of the window before, plus the first half of its own
(ISO/IEC 14496-3, 4.6.11).
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av

from activities.media.files.bits import Bits
from activities.media.files.choice import LAYOUTS
from activities.media.mp4.tables import SampleTable
from activities.media.sound.samples import Samples, frame_samples, silence, sound_frame

FRAME = 1024
WARM_UP = 2
"""Packets decoded and dropped before the first that is wanted: overlap, and the window shape before it."""
PRE_ROLL = 8
"""Frames encoded and dropped before the first that is kept: psychoacoustics and bit reservoir settle."""
_LONG_START, _SHORT, _LONG_STOP = 1, 2, 3
_HELD_BLOCKS = 384
_SEGMENT = 64
"""Packets that one decoder decodes: making one costs as much as a few packets."""
_TRIED = 4
_PLAIN = {"aac_pns": "0", "aac_is": "0"}
"""Noise substitution and intensity stereo save bits, which are not short here, and cost likeness and time."""
_CODERS = {
    "fast": {"aac_coder": "fast", "aac_tns": "0", **_PLAIN},  # that would be a search that takes time
    "twoloop": {"aac_coder": "twoloop", **_PLAIN},
}


def layout_name(channels: int) -> str | None:
    """FFmpeg's layout for a channel configuration's count of channels; None where there is none."""
    return LAYOUTS.get(channels)


class Window(NamedTuple):
    """The second half of a packet's window, in the first channel element."""

    short_slope: bool
    shape: int
    """0 sine, 1 Kaiser-Bessel derived."""


def window_of(packet: bytes) -> Window | None:
    """From `ics_info` (14496-3, table 4.6); None where the two channels have windows of their own, or it is odd."""
    bits = Bits(packet[:300])
    element = bits.take(3)
    while element == 6:  # fill element
        count = bits.take(4)
        if count == 15:
            count += bits.take(8) - 1
        bits.take(8 * max(0, count))
        element = bits.take(3)
    if element not in (0, 1):
        return None
    bits.take(4)
    if element == 0:
        bits.take(8)  # global_gain comes before ics_info in a single channel
    elif bits.take(1) != 1:
        return None
    if bits.take(1) != 0:
        return None
    sequence, shape = bits.take(2), bits.take(1)
    return None if bits.ran_out else Window(sequence in (_LONG_START, _SHORT), shape)


class PacketReader:
    """The sound of an AAC-LC track by media time, decoded where it is asked for: the same bits in whatever order.

    Noise that is only described (PNS) comes from a generator that runs on in the decoder, so each segment of packets
    has a decoder of its own.

    `origin` is the media time of source tick 0; what lies outside `audible` (media time) is silence. Not for two
    threads.
    """

    def __init__(
        self,
        descriptor: int,
        table: SampleTable,
        config: bytes,
        channels: int,
        origin: int,
        audible: tuple[int, int],
    ) -> None:
        self._file, self._table, self._origin, self._audible = descriptor, table, origin, audible
        self.channels = channels
        begins, ends = max(0, audible[0]), min(audible[1], table.end)
        self.span = max(0, begins - origin), max(0, ends - origin)
        self._config, self._decoder, self._next = config, _decoder(config), -1
        self._blocks: OrderedDict[int, Samples] = OrderedDict()

    def packet(self, index: int) -> bytes:
        return os.pread(self._file, int(self._table.sizes[index]), int(self._table.offsets[index]))

    def read(self, start: int, end: int) -> Samples:
        """Source ticks [start, end)."""
        first, last = start + self._origin, end + self._origin
        out = silence(self.channels, end - start)
        for index in range(max(0, first // FRAME), min(len(self._table), -(-last // FRAME))):
            block, at = self._block(index), index * FRAME
            low, high = max(first, at, self._audible[0]), min(last, at + FRAME, self._audible[1])
            if high > low:
                out[:, low - first : high - first] = block[:, low - at : high - at]
        return out

    def _block(self, index: int) -> Samples:
        found = self._blocks.get(index)
        if found is not None:
            return found
        start = index - index % _SEGMENT
        if not start < self._next <= index:
            self._decoder = _decoder(self._config)
            for earlier in range(max(0, start - WARM_UP), start):
                self._decode(earlier)
            self._next = start
        for number in range(self._next, index + 1):
            block = self._decode(number)
            self._blocks[number] = block
            if len(self._blocks) > _HELD_BLOCKS:
                self._blocks.popitem(last=False)
        self._next = index + 1
        return block

    def _decode(self, index: int) -> Samples:
        """One packet; a damaged one is silence, as it is in a player."""
        try:
            frames = [frame_samples(frame) for frame in self._decoder.decode(av.Packet(self.packet(index)))]
        except av.FFmpegError:
            frames = []
        if len(frames) != 1 or frames[0].shape != (self.channels, FRAME):
            return silence(self.channels, FRAME)
        return frames[0]


def decoded_rate(path: Path, table: SampleTable, config: bytes) -> tuple[int, int] | None:
    """(samples, sample rate) that the first packet that decodes gives: more than `config` says where the upper half
    of the spectrum is found on the way (implicit SBR). None where none of the first packets decodes."""
    decoder = _decoder(config)
    with path.open("rb") as file:
        for index in range(min(len(table), _TRIED)):
            packet = os.pread(file.fileno(), int(table.sizes[index]), int(table.offsets[index]))
            try:
                frames = decoder.decode(av.Packet(packet))
            except av.FFmpegError:
                continue
            if frames:
                return frames[0].samples, frames[0].sample_rate
    return None


def _decoder(config: bytes) -> av.AudioCodecContext:
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.extradata = config
    decoder.thread_count = 1
    return decoder


class Encoder:
    """FFmpeg's AAC-LC encoder over a stream of blocks."""

    def __init__(self, rate: int, channels: int, bit_rate: int, coder: str) -> None:
        context = av.CodecContext.create("aac", "w")
        assert isinstance(context, av.AudioCodecContext)
        self._layout = LAYOUTS[channels]
        context.sample_rate, context.layout, context.format = rate, self._layout, "fltp"
        context.bit_rate, context.time_base = bit_rate, Fraction(1, rate)
        context.options = dict(_CODERS[coder])
        context.thread_count = 1
        context.open()
        self._context, self._rate, self._time_base = context, rate, context.time_base

    @property
    def config(self) -> bytes:
        return bytes(self._context.extradata or b"")[:2]

    def encode(self, blocks: Iterable[Samples]) -> Iterator[tuple[int, bytes]]:
        """(sample at which the packet's window begins, counted from the first given; packet).

        Blocks are whole frames of 1,024 samples. The first packet begins at -1024: the encoder's delay is exactly
        one frame, and its own times say so.
        """
        at = 0
        for block in blocks:
            frame = sound_frame(block, self._rate, self._layout)
            frame.pts, frame.time_base = at, self._time_base
            at += block.shape[1]
            for packet in self._context.encode(frame):
                yield int(packet.pts or 0), bytes(packet)
        for packet in self._context.encode(None):
            yield int(packet.pts or 0), bytes(packet)
