"""A file as FFmpeg reads it: every packet. Nothing here knows how it was written."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.sidedata.sidedata import Type
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

_ONE_FILE = {"protocol_whitelist": "file"}
_UNTOLD = "und"


@dataclass(frozen=True, slots=True)
class Sound:
    """`start` and `end` are seconds of presentation time."""

    language: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class Picture:
    """`shown` are the times of its pictures in seconds, in order."""

    codec: str
    tag: str
    aspect: Fraction
    rotation: int
    mirrored: bool
    colour: tuple[int, int, int]
    """Primaries, transfer, matrix, by ISO/IEC 23091-2; 2 is untold."""
    shown: NDArray[np.float64]
    end: float
    hidden: int
    """Pictures that an edit list leaves out, by FFmpeg's reading of it."""
    setup: bytes
    """What a decoder is set up with."""
    decodes: bool
    """Whether a picture comes out of a decoder."""
    sums: NDArray[np.uint32]
    """A checksum (CRC-32) of each picture's packet, and of whether one can begin there, in decoding order."""


@dataclass(frozen=True, slots=True)
class Reading:
    in_mp4: bool
    starts_at_0: bool
    """Whether its clock's 0 is where it is presented from: as of an MP4 that is not in fragments."""
    start: Fraction
    """Where the earliest track of the file begins, in seconds of its own clock."""
    picture: Picture
    sounds: tuple[Sound, ...]
    lasts: Fraction
    """Seconds from presentation time 0 to the end of what ends last."""
    languages: dict[int, str]
    """Of every sound track that tells one, by its index."""


def read(path: Path, picture: int | None = None, sounds: tuple[int, ...] | None = None) -> Reading:
    """All of the file's packets; of a source those of its `picture` alone, by index, and of some `sounds`, where an MP4
    does not tell their lengths.

    Raises:
        av.FFmpegError, LookupError: it cannot be read, or the picture is not there.
    """
    with opened(path) as media:
        videos = [stream for stream in media.streams.video if picture is None or stream.index == picture]
        heard = [stream for stream in media.streams.audio if sounds is None or stream.index in sounds]
        in_mp4 = "mp4" in media.format.name
        starts_at_0 = in_mp4 and not _in_fragments(path)
        told = [
            one for one in heard if sounds is not None and starts_at_0 and one.duration and not _late(one)
        ]
        demuxed = [stream for stream in heard if stream not in told]
        wanted = {stream.index for stream in (*videos[:1], *demuxed)}
        for stream in media.streams:
            if stream.index not in wanted:
                stream.discard = Discard.all
        times, ends, lasting, hidden, sums = _packets(media, [videos[0], *demuxed])
        for stream in told:
            begins = stream.start_time or 0
            times[stream.index], ends[stream.index] = array("q", [begins]), begins + (stream.duration or 0)
        index = videos[0].index
        if in_mp4 and not starts_at_0:  # of fragments FFmpeg shows what their edit list leaves out
            kept = array("q", (at for at in times[index] if at >= 0))
            hidden, times[index] = hidden + len(times[index]) - len(kept), kept
        return Reading(
            in_mp4,
            starts_at_0,
            Fraction(media.start_time or 0, av.time_base),
            _picture(videos[0], times[index], lasting, hidden, _first_picture(path, index), sums),
            tuple(_sound(stream, times[stream.index], ends[stream.index]) for stream in heard),
            _lasts(media, [videos[0], *heard], ends),
            {
                stream.index: language
                for stream in media.streams.audio
                if (language := stream.metadata.get("language", _UNTOLD)) != _UNTOLD
            },
        )


def _late(stream: VideoStream | AudioStream) -> bool:
    return (stream.start_time or 0) > 0


def _lasts(
    media: InputContainer, streams: Sequence[VideoStream | AudioStream], ends: dict[int, int]
) -> Fraction:
    """Of a late stream FFmpeg counts the wait before it once more, where its edit list leaves something out."""
    header = Fraction((media.start_time or 0) + (media.duration or 0), av.time_base)
    if not any(_late(stream) for stream in streams):
        return header
    last = max(ends[stream.index] * (stream.time_base or Fraction(1)) for stream in streams)
    return min(header, last)


def _in_fragments(path: Path) -> bool:
    """Whether an MP4 has movie fragments: FFmpeg tells of their tracks where they end, and not how long they are."""
    with path.open("rb") as file:
        while len(header := file.read(16)) >= 8:
            size, kind = int.from_bytes(header[:4], "big"), header[4:8]
            if kind == b"moof":
                return True
            size = int.from_bytes(header[8:], "big") if size == 1 else size
            if size < 8:
                return False
            file.seek(size - len(header), 1)
    return False


def opened(path: Path) -> InputContainer:
    return av.open(str(path), options=_ONE_FILE, metadata_errors="replace")


def _packets(
    media: InputContainer, streams: Sequence[VideoStream | AudioStream]
) -> tuple[dict[int, array[int]], dict[int, int], int, int, array[int]]:
    """Times of every packet that is presented; where each track ends; how long the last picture lasts, in the ticks of
    each; how many pictures are left out; a checksum of each. Of sounds the first time alone is kept."""
    times = {stream.index: array("q") for stream in streams}
    ends = {stream.index: 0 for stream in streams}
    picture, last, lasting, hidden = streams[0].index, -1, 0, 0
    shown, sums = times[picture], array("I")
    for packet in media.demux(list(streams)):  # hundreds of thousands: what is asked of each counts
        at = packet.pts
        if at is None and (at := packet.dts) is None:
            continue
        index, duration = packet.stream_index, packet.duration or 0
        if packet.is_discard or not packet.size:
            hidden += index == picture and packet.size > 0
            continue
        if at + duration > ends[index]:
            ends[index] = at + duration
        if index == picture:
            shown.append(at)
            sums.append(crc32(packet, packet.is_keyframe))
            if at > last:
                last, lasting = at, duration
        elif not times[index]:
            times[index].append(at)
    return times, ends, lasting, hidden, sums


def _picture(
    stream: VideoStream,
    told: array[int],
    lasting: int,
    hidden: int,
    first: VideoFrame | None,
    sums: array[int],
) -> Picture:
    base, context = stream.time_base or Fraction(1, av.time_base), stream.codec_context
    shown: NDArray[np.float64] = np.sort(np.array(told, np.float64)) * float(base)
    end = float(shown[-1]) + lasting * float(base) if len(shown) else 0.0
    return Picture(
        codec=context.codec.canonical_name,
        tag=context.codec_tag,
        aspect=Fraction(stream.sample_aspect_ratio or 1) or Fraction(1),
        rotation=first.rotation % 360 if first else 0,  # only a decoded one tells
        mirrored=_mirrored(first) if first else False,
        colour=(int(context.color_primaries), int(context.color_trc), int(context.colorspace)),
        shown=shown,
        end=end,
        hidden=hidden,
        setup=context.extradata or b"",
        decodes=first is not None,
        sums=np.array(sums, np.uint32),
    )


def _sound(stream: AudioStream, told: array[int], end: int) -> Sound:
    base = stream.time_base or Fraction(1, av.time_base)
    if stream.duration:  # its last packets may be hidden by the edit list
        end = min(end, (stream.start_time or 0) + stream.duration)
    return Sound(stream.metadata.get("language", _UNTOLD), (told[0] if told else 0) * base, end * base)


def _mirrored(frame: VideoFrame) -> bool:
    told: Any = frame.side_data  # PyAV's stub knows of motion vectors alone
    data = told.get(Type.DISPLAYMATRIX)
    if data is None:
        return False
    matrix = np.frombuffer(bytes(data), np.int32, 9).reshape(3, 3)[:2, :2]
    return float(np.linalg.det(matrix.astype(np.float64))) < 0


def _first_picture(path: Path, index: int) -> VideoFrame | None:
    with opened(path) as media:
        stream = next(stream for stream in media.streams.video if stream.index == index)
        stream.codec_context.thread_count = 1
        for packet in media.demux(stream):
            try:
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        return frame
            except av.FFmpegError:
                continue
    return None
