"""The parts of a media report, each from what was read of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction as Ratio

import av
from av.audio.stream import AudioStream as AvAudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream as AvVideoStream

from activities.media.files.packets import Packets, frame_rate
from schema.contracts.media import AudioStream, Fraction, VideoStream

_HDR_TRANSFERS = (16, 18)
"""SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG), as ISO/IEC 23091-2 numbers them."""
_PLAYED_BY_BROWSERS = ("h264", "vp8", "vp9", "av1")
_NO_LANGUAGE = (None, "", "und")


@dataclass(frozen=True, slots=True)
class Clock:
    """Timestamps of a stream as milliseconds of presentation time."""

    origin: Ratio
    """Seconds; see `opening.presentation_origin`."""

    def ms(self, at: int, stream: Stream) -> int:
        return round((at * time_base(stream) - self.origin) * 1000)


def time_base(stream: Stream) -> Ratio:
    return stream.time_base or Ratio(1, av.time_base)


def video_part(stream: AvVideoStream, packets: Packets, frame: VideoFrame, clock: Clock) -> VideoStream:
    """`frame` is the first decoded one: its size and rotation are what is shown."""
    start = max(0, clock.ms(packets.first or 0, stream))
    ratio = stream.sample_aspect_ratio
    return VideoStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        profile=stream.profile,
        width=frame.width,
        height=frame.height,
        frame_rate=fraction(frame_rate(stream, packets)),
        variable_frame_rate=packets.varies,
        rotation=-frame.rotation % 360,
        timescale=packets.time_base.denominator,
        start_ms=start,
        duration_ms=max(1, clock.ms(packets.end or 0, stream) - start),
        frames=packets.count,
        hdr=frame.color_trc in _HDR_TRANSFERS,
        sample_aspect_ratio=fraction(ratio if ratio and ratio > 0 else Ratio(1)),
    )


def audio_part(stream: AvAudioStream, packets: Packets, clock: Clock) -> AudioStream:
    start = max(0, clock.ms(packets.first or 0, stream))
    language = stream.metadata.get("language")
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        profile=stream.profile,
        sample_rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        layout=stream.codec_context.layout.name,
        language=None if language in _NO_LANGUAGE else language,
        title=stream.metadata.get("title"),
        start_ms=start,
        duration_ms=max(0, clock.ms(packets.end or 0, stream) - start),
        default=bool(stream.disposition & Disposition.default),
    )


def start_timecode(container: InputContainer, picture: AvVideoStream) -> str | None:
    """`HH:MM:SS:FF` (`;` for drop-frame) of the picture's track, a timecode track, or the file."""
    everywhere = [picture.metadata, *(stream.metadata for stream in container.streams), container.metadata]
    return next((metadata["timecode"] for metadata in everywhere if metadata.get("timecode")), None)


def chapter_part(container: InputContainer, clock: Clock, end_ms: int) -> tuple[tuple[int, int, str], ...]:
    """(start_ms, end_ms, title) of every chapter that lies within the video, in time order."""
    found = []
    for chapter in container.chapters():
        base = chapter["time_base"] or Ratio(1, av.time_base)
        start, end = (round((at * base - clock.origin) * 1000) for at in (chapter["start"], chapter["end"]))
        if max(0, start) < min(end, end_ms):
            found.append((max(0, start), min(end, end_ms), chapter["metadata"].get("title", "")))
    return tuple(sorted(found))


def warnings_about(
    container: InputContainer, picture: AvVideoStream, packets: Mapping[int, Packets]
) -> tuple[str, ...]:
    """What is worth knowing, but no reason to refuse."""
    found = []
    codec = picture.codec_context.codec.canonical_name
    if codec not in _PLAYED_BY_BROWSERS:
        found.append(f"Not every browser plays {codec}.")
    if damaged := sum(stream.corrupt for stream in packets.values()):
        found.append(f"{damaged} packets are marked as damaged.")
    unread = [
        s.index for s in container.streams.audio if s.index not in packets or not packets[s.index].count
    ]
    if unread:
        found.append(f"{len(unread)} sound tracks are empty or in a coding that cannot be read.")
    if len(container.streams.video) > 1:
        found.append(f"The file has {len(container.streams.video)} pictures; number {picture.index} is used.")
    if packets[picture.index].discarded:
        found.append(
            "The picture was trimmed without encoding it again: some players show it off from its sound."
        )
    return tuple(found)


def fraction(ratio: Ratio) -> Fraction:
    return Fraction(num=ratio.numerator, den=ratio.denominator)
