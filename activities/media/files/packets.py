"""What the packets of a file say, without decoding them: how many, when, which are keyframes, where they end."""

from __future__ import annotations

import heapq
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from activities.media.files.bounds import Deadline
from activities.ports import Progress
from schema.errors import MediaRefused

MAX_PACKETS = 20_000_000
"""Six hours of 120 pictures a second and four sound tracks stay under it."""
_REORDER = 32
"""Pictures may be stored so far out of order."""
_JITTER_S = 0.002
"""Containers with a clock of 1 ms round a constant rate to steps that differ by this much."""

_STILL_S = Fraction(1, 25)
_RESTART_S = 1
"""Decoding times only grow; by so much a damaged packet's may be off."""


@dataclass
class Packets:
    """The packets of one stream. Times are in units of its time base, unshifted."""

    time_base: Fraction
    count: int = 0
    bytes: int = 0
    first: int | None = None
    """Earliest presentation time."""
    end: int | None = None
    """Latest end of presentation."""
    keyframes: array[int] = field(default_factory=lambda: array("q"))
    shortest: int | None = None
    longest: int = 0
    """Steps between neighbours in presentation order."""
    durations: dict[int, int] = field(default_factory=dict)
    """Stored packet durations, and how often each occurs; the last packet's is not counted."""
    encrypted: bool = False
    corrupt: int = 0
    discarded: int = 0
    """Packets that an edit list leaves out."""
    restarts: int = 0
    """How often the clock goes back, by more than a file that is whole does."""
    endless: bool = False
    """The packet that ends last tells no length."""
    _window: list[int] = field(default_factory=list)
    _previous: int | None = None
    _duration: int | None = None
    _decoded: int | None = None

    def add(self, packet: Packet[Any]) -> None:
        if not packet.size:
            return
        if packet.is_discard:
            self.discarded += 1
            return
        self.count += 1
        self.bytes += packet.size
        self.corrupt += packet.is_corrupt
        if self.count <= 2 and any(item.data_type == "encryption_info" for item in packet.iter_sidedata()):
            self.encrypted = True
        if packet.dts is not None:
            back = 0 if self._decoded is None else self._decoded - packet.dts
            self.restarts += back * self.time_base > _RESTART_S
            self._decoded = packet.dts
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None:
            return
        duration = packet.duration or 0
        self.first = at if self.first is None else min(self.first, at)
        if self.end is None or at + duration >= self.end:
            self.end, self.endless = at + duration, not duration
        if packet.is_keyframe:
            self.keyframes.append(at)
        self._count_duration(duration)
        heapq.heappush(self._window, at)
        if len(self._window) > _REORDER:
            self._step(heapq.heappop(self._window))

    def finish(self) -> None:
        """The last picture of a file may be without a length, as the last slide of a recording: it is shown, for a
        usual step at least."""
        while self._window:
            self._step(heapq.heappop(self._window))
        if self.endless and self.end is not None:
            self.end += self.shortest or round(_STILL_S / self.time_base)

    def _count_duration(self, duration: int) -> None:
        if self._duration is not None and len(self.durations) < 16:
            self.durations[self._duration] = self.durations.get(self._duration, 0) + 1
        elif self._duration in self.durations:
            self.durations[self._duration] += 1
        self._duration = duration

    def _step(self, at: int) -> None:
        if self._previous is not None and at > self._previous:
            step = at - self._previous
            self.shortest = step if self.shortest is None else min(self.shortest, step)
            self.longest = max(self.longest, step)
        self._previous = at

    @property
    def varies(self) -> bool:
        """Whether the pictures follow each other at more than one interval, rounding aside."""
        if self.shortest is None:
            return False
        return self.longest - self.shortest > max(2, _JITTER_S / self.time_base)

    def seconds(self, at: int) -> Fraction:
        return at * self.time_base


def scan_packets(
    container: InputContainer, streams: list[Stream], deadline: Deadline, progress: Progress | None = None
) -> dict[int, Packets]:
    """Read every packet of `streams`, and return what they say by stream index. Memory stays flat.

    Raises:
        MediaRefused: there are more packets than a video can have, or reading takes too long.
    """
    found = {stream.index: Packets(stream.time_base or Fraction(1, av.time_base)) for stream in streams}
    size = max(1, container.size)
    for total, packet in enumerate(container.demux(streams), 1):
        # Not `stream_index`: the empty packets at the end say 0 there, whatever stream they are of.
        found[packet.stream.index].add(packet)
        if total % 4096 == 0:
            deadline.check()
            if total > MAX_PACKETS:
                raise MediaRefused(
                    f"The file has more than {MAX_PACKETS:,} packets, which only a damaged file does. "
                    "Export it again."
                )
            if progress and packet.pos:
                progress(min(1.0, packet.pos / size), "reading the file")
    for packets in found.values():
        packets.finish()
    return found


def frame_rate(stream: VideoStream, packets: Packets) -> Fraction:
    """Frames a second: the container's exact fraction where the packets agree with it, else their average."""
    if packets.count < 2 or packets.first is None or packets.end is None or packets.longest == 0:
        return stream.guessed_rate or stream.average_rate or Fraction(25)
    span = packets.end - packets.first
    measured = Fraction(packets.count, max(1, span)) / packets.time_base
    if not packets.varies:
        for told in (stream.guessed_rate, stream.average_rate):
            if told and abs(told - measured) < measured / 200:
                return told
        return _usual(measured)
    return measured.limit_denominator(100_000)


def _usual(rate: Fraction) -> Fraction:
    """The usual rate within half a percent, such as 30000/1001, else the measured one."""
    whole = (Fraction(n) for n in (12, 15, 24, 25, 30, 48, 50, 60, 100, 120))
    film = (Fraction(n * 1000, 1001) for n in (24, 30, 60, 120))
    near = min((*whole, *film), key=lambda usual: abs(usual - rate))
    return near if abs(near - rate) < rate / 200 else rate.limit_denominator(100_000)
