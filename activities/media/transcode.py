"""What a normalised source gets in place of packets that cannot be copied: H.264, AAC-LC, or silence."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from activities.media.aac import FRAME, Encoder, layout_name
from activities.media.samples import Samples, frame_samples, silence

GAP_S = 0.1
"""By which a packet may be off its count before the sound has a gap."""
_BIT_RATE = 96_000
"""A channel, for sound that must be encoded again."""


class EncodedPicture:
    """Encoded to H.264, for pictures that browsers do not play."""

    def __init__(self, output: OutputContainer, stream: VideoStream, origin: Fraction) -> None:
        self._rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        out = output.add_stream("libx264", rate=self._rate, options={"preset": "veryfast", "crf": "19"})
        assert isinstance(out, VideoStream)
        out.width, out.height = stream.width + stream.width % 2, stream.height + stream.height % 2
        out.pix_fmt = "yuv420p"
        out.codec_context.time_base = 1 / self._rate
        self._out, self._origin, self._previous = out, origin, -1

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        made: list[Packet[Any]] = []
        for frame in packet.decode():
            assert isinstance(frame, av.VideoFrame)
            if frame.pts is None or frame.time_base is None:
                continue
            number = round((frame.pts * frame.time_base - self._origin) * self._rate)
            if number <= self._previous:
                continue
            shaped = frame.reformat(self._out.width, self._out.height, "yuv420p")
            repeats = range(self._previous + 1 if self._previous >= 0 else number, number + 1)
            for at in repeats:
                shaped.pts, shaped.time_base = at, 1 / self._rate
                made.extend(self._out.encode(shaped))
            self._previous = number
        return made

    def end(self) -> list[Packet[Any]]:
        return list(self._out.encode(None))


class EncodedSound:
    """Decoded, gaps filled with silence, and encoded to AAC-LC at the plan's rate."""

    def __init__(self, output: OutputContainer, stream: AudioStream, origin: Fraction, rate: int) -> None:
        channels = stream.codec_context.channels
        layout = layout_name(channels) or "stereo"
        out = output.add_stream("aac", rate=rate, layout=layout)
        assert isinstance(out, AudioStream)
        out.bit_rate = _BIT_RATE * out.codec_context.channels
        out.codec_context.time_base = Fraction(1, rate)
        self._out, self._rate, self._origin, self._layout = out, rate, origin, layout
        self._resampler = av.AudioResampler("fltp", layout, rate)
        self._at: int | None = None
        self._rest = silence(out.codec_context.channels, 0)

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        made: list[Packet[Any]] = []
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return made
        for frame in frames:
            assert isinstance(frame, av.AudioFrame)
            gap = self._gap(frame)
            frame.pts = None
            sound = [frame_samples(one) for one in self._resampler.resample(frame)]
            made.extend(self._encode(np.concatenate([gap, *sound], axis=1)))
        return made

    def _gap(self, frame: av.AudioFrame) -> Samples:
        channels = self._rest.shape[0]
        if frame.pts is None or frame.time_base is None:
            return silence(channels, 0)
        at = round((frame.pts * frame.time_base - self._origin) * self._rate)
        if self._at is None:
            self._at, self._first = at, at
        seen = self._heard
        missing = at - self._first - seen
        return silence(channels, missing if missing > GAP_S * self._rate else 0)

    _first = 0
    _heard = 0

    def _encode(self, samples: Samples, last: bool = False) -> Iterator[Packet[Any]]:
        self._heard += samples.shape[1]
        self._rest = np.concatenate((self._rest, samples), axis=1)
        whole = self._rest.shape[1] if last else self._rest.shape[1] // FRAME * FRAME
        for start in range(0, whole, FRAME):
            part = np.ascontiguousarray(self._rest[:, start : min(whole, start + FRAME)])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=self._layout)
            frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
            frame.pts = self._at
            assert self._at is not None
            self._at += part.shape[1]
            yield from self._out.encode(frame)
        self._rest = self._rest[:, whole:]

    def end(self) -> list[Packet[Any]]:
        made = []
        if self._at is not None:
            tail = [frame_samples(one) for one in self._resampler.resample(None)]
            tail.append(silence(self._rest.shape[0], 0))
            made = list(self._encode(np.concatenate(tail, axis=1), last=True))
        return made + list(self._out.encode(None))


class SilentSound:
    """A sound track for a video that has none: a few encoded packets, the steady one said again and again."""

    def __init__(self, output: OutputContainer, rate: int) -> None:
        out = output.add_stream("aac", rate=rate, layout="stereo")
        assert isinstance(out, AudioStream)
        out.bit_rate = 2 * _BIT_RATE
        self._out, self._rate, self._number = out, rate, 0
        out.codec_context.open()
        packets = Encoder(rate, 2, 2 * _BIT_RATE, "fast").encode(silence(2, FRAME) for _ in range(8))
        self._packets = [packet for _, packet in packets][:6]

    def until(self, seconds: float) -> Iterator[Packet[Any]]:
        while self._number * FRAME < seconds * self._rate + FRAME:
            packet: Packet[Any] = Packet(self._packets[min(self._number, 5)])
            packet.pts = packet.dts = (self._number - 1) * FRAME
            packet.time_base, packet.duration = Fraction(1, self._rate), FRAME
            packet.stream = self._out
            packet.is_keyframe = True
            self._number += 1
            yield packet
