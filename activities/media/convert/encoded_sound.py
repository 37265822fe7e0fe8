"""Sound that cannot be copied, encoded to AAC-LC; and silence for a video that has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from activities.media.sound.aac import FRAME, Encoder, layout_name
from activities.media.sound.samples import Samples, fit_length, frame_samples, silence, sound_frame
from activities.media.sound.steady import Steady

_GAP_S = 0.015
"""By which a frame may be off its count before the sound has a gap: more than a clock of a millisecond rounds, less
than the packet of any codec that is lost."""
_OVERLAP_S = 0.04
"""By which a frame may begin before the one before it has ended, as where recordings were joined: more, and what is heard
twice is left out, lest all that follows is late. Clocks of live recorders waver by less."""
_PADDING = 2 * FRAME
"""More than any codec's packet but one: by so much less the last one may be heard."""
_BIT_RATE = 96_000
"""A channel, for sound that must be encoded again."""


def _told_end(stream: AudioStream, origin: Fraction) -> Fraction | None:
    """Where an MP4's edit list ends a sound: its packets may go on."""
    if "mp4" not in stream.container.format.name or not stream.duration or not stream.time_base:
        return None
    return ((stream.start_time or 0) + stream.duration) * stream.time_base - origin


class _Line:
    """A track decoded from its first sample on, at `rate`, with gaps filled with silence."""

    def __init__(self, stream: AudioStream, origin: Fraction, rate: int, layout: str) -> None:
        self._rate, self._origin = rate, origin
        self.channels = AudioLayout(layout).nb_channels
        alone = stream.codec_context.channels == self.channels == 1
        self._steady = Steady("fltp", stream.codec_context.layout if alone else layout, rate)
        self.at: int | None = None
        """Where the first sample is heard."""
        self._heard, self._overlaps = 0, False
        self.end, self._told = 0, _told_end(stream, origin)
        """Where its last packet says that it ends."""

    def take(self, packet: Packet[Any]) -> Iterator[Samples]:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return
        if packet.pts is not None and packet.time_base and not packet.is_discard:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base - self._origin
            self.end = max(self.end, round(min(end, self._told or end) * self._rate))
        for frame in frames:
            assert isinstance(frame, av.AudioFrame)
            missing = self._missing(frame)
            for start in range(0, missing, self._rate):  # a second at a time: it may last for hours
                yield self._counted(silence(self.channels, min(self._rate, missing - start)))
            frame.pts = None
            for one in self._steady.take(frame):
                samples = frame_samples(one)
                twice = min(max(0, -missing), samples.shape[1])
                missing += twice
                yield self._counted(samples[:, twice:])

    def rest(self) -> Iterator[Samples]:
        if self.at is not None:
            for one in self._steady.rest():
                yield self._counted(frame_samples(one))

    def _counted(self, samples: Samples) -> Samples:
        self._heard += samples.shape[1]
        return samples

    def _missing(self, frame: av.AudioFrame) -> int:
        """Samples that are missing before a frame; below 0, which of it have been heard."""
        if frame.pts is None or frame.time_base is None:
            return 0
        at = round((frame.pts * frame.time_base - self._origin) * self._rate)
        if self.at is None:
            self.at = at
        missing = at - self.at - self._heard
        self._overlaps = missing < (0 if self._overlaps else -_OVERLAP_S * self._rate)
        return missing if self._overlaps or missing > _GAP_S * self._rate else 0


class EncodedSound:
    """Decoded, and encoded to AAC-LC at the plan's rate. Several mono tracks become the channels of one."""

    def __init__(
        self, output: OutputContainer, streams: Sequence[AudioStream], origin: Fraction, rate: int
    ) -> None:
        joined = len(streams) > 1
        channels = len(streams) if joined else streams[0].codec_context.channels
        self._layout = layout_name(channels) or "stereo"
        out = output.add_stream("aac", rate=rate, layout=self._layout)
        assert isinstance(out, AudioStream)
        out.bit_rate = _BIT_RATE * out.codec_context.channels
        out.codec_context.time_base = Fraction(1, rate)
        self._out, self._rate = out, rate
        part = "mono" if joined else self._layout
        self._lines = {stream.index: _Line(stream, origin, rate, part) for stream in streams}
        self._waiting = {index: silence(1, 0) for index in self._lines} if joined else {}
        self._at: int | None = 0 if joined else None
        self._rest = silence(out.codec_context.channels, 0)
        self._started = set[int]()

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        line = self._lines[packet.stream.index]
        made: list[Packet[Any]] = []
        for samples in line.take(packet):
            made.extend(self._add(packet.stream.index, samples))
        return made

    def _add(self, index: int, samples: Samples) -> Iterator[Packet[Any]]:
        if not self._waiting:
            if self._at is None:
                self._at = self._lines[index].at or 0
            yield from self._encode(samples)
            return
        line = self._lines[index]
        if not self._begun(index):
            samples = _from_zero(samples, line.at or 0)
        self._waiting[index] = np.concatenate((self._waiting[index], samples), axis=1)
        yield from self._encode(self._joined(min(rest.shape[1] for rest in self._waiting.values())))

    def _begun(self, index: int) -> bool:
        begun = index in self._started
        self._started.add(index)
        return begun

    def _joined(self, count: int) -> Samples:
        parts = [fit_length(rest[:, :count], count) for rest in self._waiting.values()]
        self._waiting = {index: rest[:, count:] for index, rest in self._waiting.items()}
        return np.concatenate(parts)

    def _encode(self, samples: Samples, last: bool = False) -> Iterator[Packet[Any]]:
        self._rest = np.concatenate((self._rest, samples), axis=1)
        whole = self._rest.shape[1]
        if last:
            # The source may say that its last packet is not heard to its end; its decoder does not cut it.
            end = max(line.end for line in self._lines.values())
            surplus = max(0, (self._at or 0) + whole - end)
            whole -= surplus if surplus < _PADDING else 0
        else:
            whole = max(0, whole - _PADDING) // FRAME * FRAME
        for start in range(0, whole, FRAME):
            part = self._rest[:, start : min(whole, start + FRAME)]
            frame = sound_frame(part, self._rate, self._layout)
            frame.pts, frame.time_base = self._at, Fraction(1, self._rate)
            assert self._at is not None
            self._at += part.shape[1]
            yield from self._out.encode(frame)
        self._rest = self._rest[:, whole:]

    def end(self) -> list[Packet[Any]]:
        made = []
        if any(line.at is not None for line in self._lines.values()):
            for index, line in self._lines.items():
                made += [packet for samples in line.rest() for packet in self._add(index, samples)]
            tail = (
                self._joined(max(rest.shape[1] for rest in self._waiting.values())) if self._waiting else None
            )
            made += self._encode(silence(self._rest.shape[0], 0) if tail is None else tail, last=True)
        return made + list(self._out.encode(None))


def _from_zero(samples: Samples, at: int) -> Samples:
    """Samples that begin at `at`, as they are heard from 0 on."""
    return samples[:, -at:] if at < 0 else np.concatenate((silence(1, at), samples), axis=1)


class SilentSound:
    """A sound track for a video that has none: a few encoded packets, the steady one said again and again."""

    def __init__(self, output: OutputContainer, rate: int) -> None:
        out = output.add_stream("aac", rate=rate, layout="stereo")
        assert isinstance(out, AudioStream)
        out.bit_rate = 2 * _BIT_RATE
        self._out, self._rate, self._number, self._end = out, rate, 0, 0
        out.codec_context.open()
        packets = Encoder(rate, 2, 2 * _BIT_RATE, "fast").encode(silence(2, FRAME) for _ in range(8))
        self._packets = [packet for _, packet in packets][:6]

    def until(self, seconds: Fraction) -> Iterator[Packet[Any]]:
        """Whole packets that end before `seconds`; the first begins a packet before 0, as an encoder's do."""
        self._end = max(self._end, round(seconds * self._rate))
        while self._number * FRAME < self._end:
            yield self._packet(FRAME)

    def end(self) -> list[Packet[Any]]:
        """The last packet, heard no longer than the picture is seen."""
        return [self._packet(self._end - (self._number - 1) * FRAME)]

    def _packet(self, duration: int) -> Packet[Any]:
        packet: Packet[Any] = Packet(self._packets[min(self._number, 5)])
        packet.pts = packet.dts = (self._number - 1) * FRAME
        packet.time_base, packet.duration = Fraction(1, self._rate), duration
        packet.stream = self._out
        packet.is_keyframe = True
        self._number += 1
        return packet
