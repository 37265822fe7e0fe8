"""What a normalised source gets in place of packets that cannot be copied: H.264, AAC-LC, or silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from activities.media.files.opening import open_media, picture_stream
from activities.media.sound.aac import FRAME, Encoder, layout_name
from activities.media.sound.samples import Samples, frame_samples, silence, sound_frame

_GAP_S = 0.015
"""By which a frame may be off its count before the sound has a gap: more than a clock of a millisecond rounds, less
than the packet of any codec that is lost."""
_PADDING = 2 * FRAME
"""More than any codec's packet but one: by so much less the last one may be heard."""
_KEY_S = 2
"""A key picture every so many seconds, for quick seeks."""
_BIT_RATE = 96_000
"""A channel, for sound that must be encoded again."""


_RATES = [Fraction(n * 1000, 1001) for n in (24, 30, 60)] + [Fraction(n) for n in (24, 25, 30, 50, 60)]
"""Pictures a second that players and editors expect."""
_OFF_BY = Fraction(1, 500)
"""How far a rate may be off one of them to be meant."""


def constant_rate(stream: VideoStream) -> Fraction:
    """The steady rate of a stream: its own where it has one, else the usual one that leaves no picture out."""
    average = stream.average_rate or Fraction(25)
    guessed = stream.guessed_rate or average
    if abs(guessed - average) <= average * _OFF_BY and guessed <= max(_RATES):
        return guessed
    wanted = [rate for rate in sorted(_RATES) if rate >= min(guessed, max(_RATES)) * (1 - _OFF_BY)]
    return min(wanted, key=lambda rate: abs(rate - guessed), default=max(_RATES))


def first_picture(path: Path) -> av.VideoFrame | None:
    """Decoded: some of what a picture is, such as how it is turned, only its frames tell."""
    with open_media(path) as media:
        return next(media.decode(picture_stream(media)), None)


class EncodedPicture:
    """Encoded to H.264 at a steady rate. Shape, colour and rotation stay.

    `moved` takes seconds of presentation to those at which they are to be shown. With `from_zero` a first picture
    that begins late is shown from 0 on.
    """

    def __init__(
        self,
        output: OutputContainer,
        stream: VideoStream,
        origin: Fraction,
        first: av.VideoFrame | None,
        moved: Callable[[Fraction], Fraction] = Fraction,
        *,
        from_zero: bool = False,
    ) -> None:
        self.rate = self._rate = constant_rate(stream)
        options = {"preset": "veryfast", "crf": "19", "g": str(round(_KEY_S * self._rate))}
        out = output.add_stream("libx264", rate=self._rate, options=options)
        assert isinstance(out, VideoStream)
        out.width, out.height = stream.width + stream.width % 2, stream.height + stream.height % 2
        out.pix_fmt = "yuv420p"
        context, like = out.codec_context, stream.codec_context
        context.time_base = 1 / self._rate
        for fact in ("color_primaries", "color_trc", "colorspace", "color_range"):
            setattr(context, fact, getattr(like, fact))
        if stream.sample_aspect_ratio:
            context.sample_aspect_ratio = stream.sample_aspect_ratio
        if first is not None and first.rotation:
            out.set_display_rotation(first.rotation)
        self._out, self._origin, self._moved, self._from_zero = out, origin, moved, from_zero
        self._next: int | None = None
        self._shown: av.VideoFrame | None = None
        self._end = 0

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        made: list[Packet[Any]] = []
        try:
            frames = packet.decode()
        except av.FFmpegError:  # the picture before it stays for as long
            return made
        for frame in frames:
            assert isinstance(frame, av.VideoFrame)
            if frame.pts is None or frame.time_base is None:
                continue
            number = self._number(frame.pts * frame.time_base)
            if self._next is not None and number < self._next:
                continue
            made.extend(self._hold(number))
            shaped = frame.reformat(self._out.width, self._out.height, "yuv420p")
            shaped.pict_type = PictureType.NONE  # the source's key pictures need not be ours
            self._next = 0 if self._shown is None and self._from_zero else number
            self._shown = shaped
            self._end = number + 1
            made.extend(self._hold(number + 1))
        if packet.pts is not None and packet.time_base:
            self._end = max(self._end, self._number((packet.pts + (packet.duration or 0)) * packet.time_base))
        return made

    def _number(self, seconds: Fraction) -> int:
        return round(self._moved(seconds - self._origin) * self._rate)

    def _hold(self, end: int) -> Iterator[Packet[Any]]:
        """The last picture until `end`."""
        if self._shown is None or self._next is None:
            return
        for at in range(self._next, end):
            self._shown.pts, self._shown.time_base = at, 1 / self._rate
            yield from self._out.encode(self._shown)
        self._next = max(self._next, end)

    def end(self) -> list[Packet[Any]]:
        return [*self._hold(self._end), *self._out.encode(None)]


def _told_end(stream: AudioStream, origin: Fraction) -> Fraction | None:
    """Where an MP4's edit list ends a sound: its packets may go on."""
    if "mp4" not in stream.container.format.name or not stream.duration or not stream.time_base:
        return None
    return ((stream.start_time or 0) + stream.duration) * stream.time_base - origin


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
        self._first = self._heard = 0
        self._end, self._told = 0, _told_end(stream, origin)
        self._rest = silence(out.codec_context.channels, 0)

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        made: list[Packet[Any]] = []
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return made
        if packet.pts is not None and packet.time_base:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base - self._origin
            self._end = max(self._end, round(min(end, self._told or end) * self._rate))
        for frame in frames:
            assert isinstance(frame, av.AudioFrame)
            gap = self._gap(frame)
            for start in range(0, gap, self._rate):  # a second at a time: it may last for hours
                made.extend(self._encode(silence(self._rest.shape[0], min(self._rate, gap - start))))
            frame.pts = None
            for one in self._resampler.resample(frame):
                made.extend(self._encode(frame_samples(one)))
        return made

    def _gap(self, frame: av.AudioFrame) -> int:
        """Samples that are missing before a frame."""
        if frame.pts is None or frame.time_base is None:
            return 0
        at = round((frame.pts * frame.time_base - self._origin) * self._rate)
        if self._at is None:
            self._at, self._first = at, at
        missing = at - self._first - self._heard
        return missing if missing > _GAP_S * self._rate else 0

    def _encode(self, samples: Samples, last: bool = False) -> Iterator[Packet[Any]]:
        self._heard += samples.shape[1]
        self._rest = np.concatenate((self._rest, samples), axis=1)
        whole = self._rest.shape[1]
        if last:
            # The source may say that its last packet is not heard to its end; its decoder does not cut it.
            surplus = max(0, (self._at or 0) + whole - self._end)
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
