"""The parts of a media report, each from what was read of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction as Ratio

import av
from av.audio.stream import AudioStream as AvAudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream as AvVideoStream

from activities.media.files.choice import LAYOUTS
from activities.media.files.described import described
from activities.media.files.packets import Packets, frame_rate
from activities.media.files.turned import turned
from activities.media.mp4.visual_entry import is_dolby_vision_alone
from schema.contracts.media import AudioStream, Fraction, Tracks, VideoStream

_HDR_TRANSFERS = (16, 18)
"""SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG), as ISO/IEC 23091-2 numbers them."""
_PLAYED_BY_BROWSERS = ("h264", "vp9", "av1")
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
        rotation=-turned(frame).degrees % 360,
        timescale=packets.time_base.denominator,
        start_ms=start,
        duration_ms=max(1, clock.ms(packets.end or 0, stream) - start),
        frames=packets.count,
        hdr=frame.color_trc in _HDR_TRANSFERS,
        sample_aspect_ratio=fraction(ratio if ratio and ratio > 0 else Ratio(1)),
    )


def audio_part(group: Sequence[AvAudioStream], packets: Mapping[int, Packets], clock: Clock) -> AudioStream:
    """Of one track, or of mono tracks that are heard as one."""
    stream, language = group[0], group[0].metadata.get("language")
    start = min(max(0, clock.ms(packets[one.index].first or 0, one)) for one in group)
    end = max(clock.ms(packets[one.index].end or 0, one) for one in group)
    joined = len(group) > 1
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        profile=stream.profile,
        sample_rate=stream.codec_context.sample_rate,
        channels=len(group) if joined else stream.codec_context.channels,
        layout=LAYOUTS[len(group)] if joined else stream.codec_context.layout.name,
        language=None if language in _NO_LANGUAGE else language,
        title=stream.metadata.get("title"),
        start_ms=start,
        duration_ms=max(0, end - start),
        default=bool(stream.disposition & Disposition.default),
        joined=tuple(one.index for one in group) if joined else (),
    )


def chapter_part(container: InputContainer, clock: Clock, end_ms: int) -> tuple[tuple[int, int, str], ...]:
    """(start_ms, end_ms, title) of every chapter that lies within the video, in time order."""
    found = []
    for chapter in container.chapters():
        base = chapter["time_base"] or Ratio(1, av.time_base)
        start, end = (round((at * base - clock.origin) * 1000) for at in (chapter["start"], chapter["end"]))
        if max(0, start) < min(end, end_ms):
            found.append((max(0, start), min(end, end_ms), chapter["metadata"].get("title", "")))
    return tuple(sorted(found))


def warnings_about(picture: AvVideoStream, tracks: Tracks, packets: Mapping[int, Packets]) -> tuple[str, ...]:
    """What is worth knowing, but no reason to refuse."""
    found = []
    codec = picture.codec_context.codec.canonical_name
    if codec not in _PLAYED_BY_BROWSERS:
        found.append(f"Not every browser plays {codec}.")
    used = (tracks.picture, *(number for group in tracks.sounds for number in group))
    if damaged := sum(packets[number].corrupt for number in used):
        found.append(f"{damaged} packets are marked as damaged.")
    found += tracks.left
    if is_dolby_vision_alone(described(picture)):
        found.append(
            "Its colours are Dolby Vision's alone: other players, and drafts of descriptions, see green and purple."
        )
    if packets[picture.index].discarded:
        found.append(
            "The picture was trimmed without encoding it again: some players show it off from its sound."
        )
    return tuple(found)


def fraction(ratio: Ratio) -> Fraction:
    return Fraction(num=ratio.numerator, den=ratio.denominator)


def in_bytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def in_hours(ms: int) -> str:
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
