"""A source that cannot be operated on as it is, made into a progressive MP4 with AAC-LC sound: packets copied where
they may be, encoded only where they must."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from activities.media.aac import FRAME, Encoder, layout_name
from activities.media.opening import presentation_origin
from activities.media.samples import Samples, frame_samples, silence
from activities.media.splicing import config_refusal
from schema.errors import MediaRefused

PLAYABLE = {"h264", "hevc", "vp8", "vp9", "av1"}
"""Pictures that browsers play from an MP4."""
_CLOCK = 90_000
_GAP = 0.1
"""Seconds by which a packet may be off its count before the sound has a gap."""
_BIT_RATE = 96_000
"""A channel, for sound that must be encoded again."""


@dataclass(slots=True)
class Normalised:
    picture_encoded: bool = False
    sound_encoded: bool = False
    reasons: list[str] = field(default_factory=list)


def normalise(
    source: Path,
    target: Path,
    rate: int,
    *,
    sound_reason: str | None,
    constant_frame_rate: bool,
    on_progress: Callable[[float], None],
) -> Normalised:
    """Write `target` with sound at `rate` samples a second; a video without sound gets a silent track.

    `sound_reason` says why its sound cannot be copied, where that is known.

    Raises:
        MediaRefused: it does not open, or has no picture.
    """
    done = Normalised()
    try:
        with (
            av.open(str(source)) as media,
            av.open(
                str(target),
                "w",
                format="mp4",
                options={"movie_timescale": str(_CLOCK), "fflags": "+bitexact"},
            ) as output,
        ):
            _Run(media, output, rate, sound_reason, constant_frame_rate, done, on_progress).run()
    except av.FFmpegError as error:
        raise MediaRefused(f"{source.name} cannot be read to its end: {error}.") from error
    return done


class _Run:
    def __init__(
        self,
        media: InputContainer,
        output: OutputContainer,
        rate: int,
        sound_reason: str | None,
        constant_frame_rate: bool,
        done: Normalised,
        on_progress: Callable[[float], None],
    ) -> None:
        if not media.streams.video:
            raise MediaRefused("The file has no picture: upload a video.")
        self.media, self.output, self.rate, self.done = media, output, rate, done
        self.on_progress = on_progress
        video = next((s for s in media.streams.video if not _is_cover(s)), media.streams.video[0])
        self.origin = presentation_origin(media)
        self.duration = (media.duration or 0) / 1_000_000
        self.writers: dict[int, _Copy | _Sound | _Picture] = {}
        codec = video.codec_context.codec.canonical_name
        if codec in PLAYABLE and not constant_frame_rate:
            self.writers[video.index] = _Copy(output, video, self.origin)
        else:
            why = (
                f"The picture is {codec.upper()}, which browsers do not play"
                if codec not in PLAYABLE
                else ("A constant frame rate was asked for")
            )
            done.reasons.append(f"{why}: it was encoded to H.264.")
            done.picture_encoded = True
            self.writers[video.index] = _Picture(output, video, self.origin)
        for stream in media.streams.audio:
            self._add_sound(stream, sound_reason)
        self.silence = None if media.streams.audio else _Silence(output, rate)

    def _add_sound(self, stream: AudioStream, reason: str | None) -> None:
        codec = stream.codec_context.codec.canonical_name
        extradata = stream.codec_context.extradata
        if reason is None and codec != "aac":
            reason = f"the sound is {codec.upper()}, and only AAC-LC can be spliced"
        if reason is None and stream.codec_context.sample_rate != self.rate:
            reason = (
                f"the sound has {stream.codec_context.sample_rate} samples a second, the plan {self.rate}"
            )
        if reason is None and extradata:
            reason = config_refusal(extradata, self.rate)
        if reason is None and not extradata and stream.profile not in ("LC", None):
            reason = f"the sound is AAC {stream.profile}"
        if reason is None and not _even(self.media.name, stream.index, self.rate):
            reason = "the sound has a gap in it"
        if reason is None:
            self.writers[stream.index] = _Copy(self.output, stream, self.origin, count=True)
            return
        self.done.sound_encoded = True
        sentence = f"Sound track {stream.index} was encoded to AAC: {reason.rstrip('.')}."
        self.done.reasons.append(sentence)
        self.writers[stream.index] = _Sound(self.output, stream, self.origin, self.rate)

    def run(self) -> None:
        streams = [self.media.streams[index] for index in self.writers]
        for packet in self.media.demux(streams):
            writer = self.writers[packet.stream.index]
            if packet.dts is None and packet.pts is None and not packet.size:
                continue
            for made in writer.take(packet):
                self.output.mux(made)
            if packet.pts is None or not packet.time_base:
                continue
            at = float((packet.pts + (packet.duration or 0)) * packet.time_base - self.origin)
            for made in self.silence.until(at) if self.silence else ():
                self.output.mux(made)
            if self.duration:
                self.on_progress(min(1.0, at / self.duration))
        for writer in self.writers.values():
            for made in writer.end():
                self.output.mux(made)


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _even(source: str, index: int, rate: int) -> bool:
    """Whether the packets' times follow one another without a gap (the container's rounding aside)."""
    expected: Fraction | None = None
    with av.open(source) as media:
        for count, packet in enumerate(media.demux(media.streams[index])):
            if packet.pts is None or packet.time_base is None:
                continue
            at = packet.pts * packet.time_base
            if count == 1:  # the first packet may carry the priming's odd length
                expected = at
            if expected is not None:
                if abs(at - expected) > _GAP:
                    return False
                expected += Fraction(FRAME, rate)
    return True


class _Copy:
    """Packets as they are. Without a dts at the start they are held, and it is extrapolated backwards."""

    def __init__(
        self,
        output: OutputContainer,
        stream: VideoStream | AudioStream,
        origin: Fraction,
        count: bool = False,
    ) -> None:
        self._out: Stream = output.add_stream_from_template(stream, opaque=True)
        self._base = stream.time_base or Fraction(1, _CLOCK)
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
        if self._number == 0 and len(self._held) < 2:
            return []
        if self._number == 0:
            second = self._held[1]
            at = (second.pts or 0) * (second.time_base or self._base) - self._move * self._base
            self._start = round(at * self._rate) - FRAME
        ready, self._held = self._held, []
        for one in ready:
            one.time_base = Fraction(1, self._rate)
            one.pts = one.dts = self._start + self._number * FRAME
            one.duration = FRAME
            one.stream = self._out
            self._number += 1
        return ready

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
        if self._rate and held:
            self._number = max(self._number, 1)
            return [self._moved(one) for one in held]
        for back, one in enumerate(held):
            one.dts = (self._previous or 0) + 1 + back
        return [self._moved(one) for one in held]


class _Picture:
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


class _Sound:
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
        return silence(channels, missing if missing > _GAP * self._rate else 0)

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


class _Silence:
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
