"""Packets as they are, with times that an MP4 can hold."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from activities.media.convert.times import PictureTimes
from activities.media.files.opening import open_media
from activities.media.sound.aac import FRAME
from activities.media.sound.splicing import config_refusal, rounding

_APPLES_HEVC = "hvc1"
"""What FFmpeg writes by itself, hev1, Apple's players refuse."""


class CopiedPictures:
    """Pictures as they are, at the times that were made for them. What the container alone tells of them, their aspect,
    is written too."""

    def __init__(self, output: OutputContainer, stream: VideoStream, times: PictureTimes) -> None:
        out = output.add_stream_from_template(stream, opaque=True)
        assert isinstance(out, VideoStream)
        if stream.sample_aspect_ratio:
            out.codec_context.sample_aspect_ratio = stream.sample_aspect_ratio
        if stream.codec_context.codec.canonical_name == "hevc":
            out.codec_context.codec_tag = _APPLES_HEVC
        self._out, self._times, self._number = out, times, 0
        self._base = Fraction(1, times.timescale)

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        number = self._number
        if packet.size == 0 or number >= len(self._times.shown):
            return []
        decoded = self._times.decoded
        last = number + 1 == len(decoded)
        packet.time_base = self._base
        packet.pts, packet.dts = int(self._times.shown[number]), int(decoded[number])
        packet.duration = self._times.length if last else int(decoded[number + 1]) - packet.dts
        packet.stream = self._out
        self._number += 1
        return [packet]

    def end(self) -> list[Packet[Any]]:
        return []


class CopiedSound:
    """AAC on a clock of one tick a sample. Matroska rounds to a millisecond, so that times are counted from the second
    packet on (the first of a fragmented file may carry the priming in its length)."""

    def __init__(self, output: OutputContainer, stream: AudioStream, origin: Fraction) -> None:
        self._out = output.add_stream_from_template(stream, opaque=True)
        self._base, self._origin = stream.time_base or Fraction(1, 90_000), origin
        self._rate = stream.codec_context.sample_rate
        self._held: Packet[Any] | None = None
        self._number, self._start = 0, 0

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        if packet.size == 0:
            return []
        held, self._held = self._held, packet
        if held is None:
            return []
        if self._number == 0:
            self._start = self._tick(packet) - FRAME
        return [self._numbered(held, FRAME)]

    def _tick(self, packet: Packet[Any]) -> int:
        return round(((packet.pts or 0) * (packet.time_base or self._base) - self._origin) * self._rate)

    def _numbered(self, packet: Packet[Any], duration: int) -> Packet[Any]:
        packet.time_base = Fraction(1, self._rate)
        packet.pts = packet.dts = self._start + self._number * FRAME
        packet.duration = duration
        packet.stream = self._out
        self._number += 1
        return packet

    def end(self) -> list[Packet[Any]]:
        """The last may be heard for less than its 1,024 samples; by more than a millisecond, which is rounding."""
        if self._held is None:
            return []
        told = round((self._held.duration or 0) * (self._held.time_base or self._base) * self._rate)
        if self._number == 0:
            self._start = self._tick(self._held)
        short = 0 < told < FRAME - rounding(self._rate)
        return [self._numbered(self._held, told if short else FRAME)]


def copy_refusal(source: Path, index: int, rate: int) -> str | None:
    """Why the packets of a sound track in a container that is no MP4 cannot be copied; None where they can."""
    with open_media(source) as media:
        stream = next(stream for stream in media.streams.audio if stream.index == index)
        codec, context = stream.codec_context.codec.canonical_name, stream.codec_context
        if codec != "aac":
            return f"the sound is {codec.upper()}, and only AAC-LC can be spliced"
        if context.sample_rate != rate:
            return f"the sound has {context.sample_rate} samples a second, the plan {rate}"
        if context.extradata:
            if refusal := config_refusal(context.extradata, rate):
                return refusal
        elif stream.profile not in ("LC", None):
            return f"the sound is AAC {stream.profile}"
        return _uneven(media, stream, rate)


def _uneven(media: InputContainer, stream: AudioStream, rate: int) -> str | None:
    """Why packets are no single run: their times do not follow one another (the container's rounding aside), or they
    are not all told alike."""
    expected: Fraction | None = None
    shape: bytes | None = None
    for count, packet in enumerate(media.demux(stream)):
        if packet.pts is None or packet.time_base is None:
            continue
        told = _adts_shape(packet)
        if told != (shape := shape or told) or (count and packet.has_sidedata("new_extradata")):
            return "the sound changes its channels or its rate on the way"
        at = packet.pts * packet.time_base
        if count == 1:  # the first packet may carry the priming's odd length
            expected = at
        if expected is not None:
            if abs(at - expected) > Fraction(FRAME, 2 * rate):
                return "the sound has a gap in it"
            expected += Fraction(FRAME, rate)
    return None


def _adts_shape(packet: Packet[Any]) -> bytes:
    """Profile, rate and channels as the packet's own header has them (ISO/IEC 14496-3, 1.A.2.2.1); nothing where it has
    none."""
    head = bytes(memoryview(packet)[:4])
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return b""
    return bytes((head[2] & 0xFD, head[3] & 0xC0))
