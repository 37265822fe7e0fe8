"""Packets as they are, with times that an MP4 can hold."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from activities.media.sound.aac import FRAME
from activities.media.sound.splicing import rounding

CLOCK = 90_000


class CopiedPackets:
    """Packets as they are. Without a dts at the start they are held, and it is extrapolated backwards."""

    def __init__(
        self,
        output: OutputContainer,
        stream: VideoStream | AudioStream,
        origin: Fraction,
        count: bool = False,
    ) -> None:
        self._out: Stream = output.add_stream_from_template(stream, opaque=True)
        self._base = stream.time_base or Fraction(1, CLOCK)
        self._move = round(origin / self._base)
        self._rate = stream.codec_context.sample_rate if count and isinstance(stream, AudioStream) else None
        self._held: list[Packet[Any]] = []
        self._number, self._start = 0, 0
        self._previous: int | None = None

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        if packet.size == 0:
            return []
        if self._rate:
            return self._counted(packet)
        if packet.dts is None:
            self._held.append(packet)
            return []
        ready, self._held = [*self._held, packet], []
        step = packet.duration or 1
        for back, held in enumerate(reversed(ready[:-1]), 1):
            held.dts = packet.dts - back * step
        return [self._moved(one) for one in ready]

    def _counted(self, packet: Packet[Any]) -> list[Packet[Any]]:
        """A clock of one tick a sample. Matroska rounds to a millisecond, so that times are counted from the second
        packet on (the first of a fragmented file may carry the priming in its length)."""
        assert self._rate
        self._held.append(packet)
        if len(self._held) < 2:
            return []
        if self._number == 0:
            at = (packet.pts or 0) * (packet.time_base or self._base) - self._move * self._base
            self._start = round(at * self._rate) - FRAME
        return [self._numbered(self._held.pop(0), FRAME)]

    def _numbered(self, packet: Packet[Any], duration: int) -> Packet[Any]:
        assert self._rate
        packet.time_base = Fraction(1, self._rate)
        packet.pts = packet.dts = self._start + self._number * FRAME
        packet.duration = duration
        packet.stream = self._out
        self._number += 1
        return packet

    def _last(self, packet: Packet[Any]) -> Packet[Any]:
        """It may be heard for less than its 1,024 samples; by more than a millisecond, which is rounding."""
        assert self._rate
        told = round((packet.duration or 0) * (packet.time_base or self._base) * self._rate)
        if self._number == 0:
            at = (packet.pts or 0) * (packet.time_base or self._base) - self._move * self._base
            self._start = round(at * self._rate)
        return self._numbered(packet, told if 0 < told < FRAME - rounding(self._rate) else FRAME)

    def _moved(self, packet: Packet[Any]) -> Packet[Any]:
        packet.dts = (packet.dts or 0) - self._move
        packet.pts = packet.dts if packet.pts is None else packet.pts - self._move
        if self._previous is not None and packet.dts <= self._previous:
            packet.dts = self._previous + 1
        self._previous = packet.dts
        packet.stream = self._out
        return packet

    def end(self) -> list[Packet[Any]]:
        held, self._held = self._held, []
        if self._rate:
            return [self._last(one) for one in held]
        for back, one in enumerate(held):
            one.dts = (self._previous or 0) + 1 + back
        return [self._moved(one) for one in held]
