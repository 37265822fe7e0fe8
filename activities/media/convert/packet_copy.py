"""Packets as they are, with times that an MP4 can hold."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from activities.media.convert.times import PictureTimes
from activities.media.sound.aac import FRAME
from activities.media.sound.splicing import rounding

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
