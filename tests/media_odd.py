"""Files that no encoder here makes, as other tools do: an MP4's boxes changed, packets put into another container."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet

from tests.media_factory import BITEXACT

Change = Callable[[tuple[bytes, ...], int, bytes], bytes | None]
"""(kinds from `moov` down, number of the track from 0 or -1, content) to the new content; None leaves the box out."""
_HOLD_OTHERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")


def with_boxes(source: Path, target: Path, change: Change) -> Path:
    """`source`, whose `moov` lies behind its `mdat`, with every box of `moov` as `change` wants it."""
    data = source.read_bytes()
    parts = [
        _rebuilt(kind, content, (), [-1], change) if kind == b"moov" else _box(kind, content)
        for kind, content in _boxes(data)
    ]
    target.write_bytes(b"".join(part for part in parts if part))
    return target


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert size >= 8, "wide boxes are not for these tests"
        yield kind, data[at + 8 : at + size]
        at += size


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _rebuilt(kind: bytes, content: bytes, path: tuple[bytes, ...], track: list[int], change: Change) -> bytes:
    here = (*path, kind)
    if kind == b"trak":
        track[0] += 1
    if kind in _HOLD_OTHERS:
        content = b"".join(_rebuilt(inner, body, here, track, change) for inner, body in _boxes(content))
    made = change(here, track[0] if b"trak" in here else -1, content)
    return b"" if made is None else _box(kind, made)


def edits(*rows: tuple[int, int]) -> bytes:
    """The content of `elst`: (length on the movie's clock, media time or -1)."""
    packed = b"".join(struct.pack(">Iii", length, at, 0x10000) for length, at in rows)
    return struct.pack(">II", 0, len(rows)) + packed


def later_fragments(path: Path, by: dict[int, int]) -> None:
    """Fragments whose tracks, by their number, begin so many ticks later, as a recording of a transmission has."""
    data, at = bytearray(path.read_bytes()), 0
    while (at := data.find(b"tfdt", at + 1)) > 0:
        assert data[at + 4] == 1
        (track,) = struct.unpack_from(">I", data, data.rfind(b"tfhd", 0, at) + 8)
        (begins,) = struct.unpack_from(">Q", data, at + 8)
        struct.pack_into(">Q", data, at + 8, begins + by[track])
    path.write_bytes(data)


def remuxed(
    source: Path,
    target: Path,
    *,
    aspect: Fraction | None = None,
    colour: tuple[int, int, int] | None = None,
    default: int | None = None,
    subtitle_s: float | None = None,
    cover: bool = False,
    shown: Callable[[int, Packet[Any]], Packet[Any]] | None = None,
    options: dict[str, str] | None = None,
    words: dict[str, str] | None = None,
    sound_first: bool = False,
) -> Path:
    """The packets of `source` in another container, with what only that tells: the picture's aspect and colour, which
    sound is the default, a subtitle that lasts until `subtitle_s`, a cover as the first track, times of pictures by
    `shown` (number, packet), words about the file, its sounds as the first tracks."""
    with (
        av.open(str(source)) as media,
        av.open(str(target), "w", options=BITEXACT | (options or {})) as output,
    ):
        front = _cover(output) if cover else []
        streams = {
            stream.index: output.add_stream_from_template(stream, opaque=True)
            for stream in sorted(media.streams, key=lambda stream: sound_first and stream.type == "video")
        }
        for stream in media.streams:
            told = ("language", "title")
            streams[stream.index].metadata.update(
                {n: stream.metadata[n] for n in told if n in stream.metadata}
            )
        video = streams[media.streams.video[0].index]
        if aspect:
            video.codec_context.sample_aspect_ratio = aspect
        if colour:
            context = video.codec_context
            context.color_primaries, context.color_trc, context.colorspace = colour
        if default is not None:
            for number, stream in enumerate(media.streams.audio):
                streams[stream.index].disposition = av.stream.Disposition.default if number == default else 0
        text = _subtitle(output, target, subtitle_s) if subtitle_s else None
        output.metadata.update(words or {})
        output.mux(front)
        count = 0
        for packet in media.demux():
            if not packet.size:
                continue
            if shown and packet.stream.type == "video":
                packet = shown(count, packet)
                count += 1
            packet.stream = streams[packet.stream.index]
            output.mux(packet)
        if text:
            output.mux(text)
    return target


def two_pictures(first: Path, second: Path, target: Path) -> Path:
    """The pictures of two films as tracks 0 and 1 of one file, such as two cameras."""
    with ExitStack() as stack:
        output = stack.enter_context(av.open(str(target), "w"))
        packets: list[Packet[Any]] = []
        for source in (first, second):
            media = stack.enter_context(av.open(str(source)))
            stream = output.add_stream_from_template(media.streams.video[0], opaque=True)
            for packet in media.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    packets.append(packet)
        packets.sort(key=lambda packet: (packet.dts or 0) * (packet.time_base or 0))
        output.mux(packets)
    return target


def _cover(output: OutputContainer) -> list[Packet[Any]]:
    stream = output.add_stream("mjpeg", rate=25, options={"qmin": "2", "qmax": "4"})
    stream.width, stream.height, stream.pix_fmt = 320, 180, "yuvj420p"
    frame = av.VideoFrame(320, 180, "yuvj420p")
    for plane in frame.planes:
        plane.update(bytes([128]) * plane.buffer_size)
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return [*stream.encode(frame), *stream.encode(None)]


def _subtitle(output: OutputContainer, beside: Path, until_s: float) -> Packet[Any]:
    if beside.suffix == ".mp4":
        stream = output.add_mux_stream("mov_text", rate=1000)
        made = Packet(struct.pack(">H", 5) + b"Hello")
        made.stream, made.time_base = stream, Fraction(1, 1000)
        made.pts = made.dts = 500
        made.duration = round(until_s * 1000) - 500
        return made
    text = beside.with_suffix(".srt")
    text.write_text(f"1\n00:00:00,500 --> 00:00:{until_s:06.3f}\nHello\n".replace(".", ","))
    with av.open(str(text)) as media:
        stream = output.add_stream_from_template(media.streams.subtitles[0])
        packet = next(packet for packet in media.demux() if packet.size)
        packet.stream = stream
        return packet
