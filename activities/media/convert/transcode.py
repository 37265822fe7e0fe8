"""Pictures that cannot be copied, encoded to H.264 at a steady rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import PictureType
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from activities.media.convert.fitted import Fitted
from activities.media.convert.progressive import Progressive
from activities.media.files.choice import choose
from activities.media.files.described import described
from activities.media.files.opening import open_media
from activities.media.files.transparency import decoder_with_alpha
from activities.media.files.turned import Turned, turned
from activities.media.mp4.visual_entry import clean_aperture, is_dolby_vision_alone
from schema.contracts.media import Tracks
from schema.errors import MediaRefused

_KEY_S = 2
"""A key picture every so many seconds, for quick seeks."""
_RATES = [Fraction(n * 1000, 1001) for n in (24, 30, 60)] + [Fraction(n) for n in (24, 25, 30, 50, 60)]
"""Pictures a second that players and editors expect."""
_UNTOLD = {"color_primaries": 2, "color_trc": 2, "colorspace": 2, "color_range": 0}
_RGB, _BT_709, _BT_601 = 0, 1, 6
"""Matrix coefficients."""
_HIGH_DEFINITION = 720
"""Lines from which on players read untold colours by BT.709."""
_OFF_BY = Fraction(1, 500)
"""How far a rate may be off one of them to be meant."""
_DOLBY_VISION = (
    "The picture would have to be encoded, and its colours are Dolby Vision's alone, which are lost then. "
    "Export it as HDR10, HLG or SDR."
)


def constant_rate(stream: VideoStream) -> Fraction:
    """The steady rate of a stream: its own where it has one, else the usual one that leaves no picture out."""
    average = stream.average_rate or Fraction(25)
    guessed = stream.guessed_rate or average
    if abs(guessed - average) <= average * _OFF_BY and guessed <= max(_RATES):
        return guessed
    wanted = [rate for rate in sorted(_RATES) if rate >= min(guessed, max(_RATES)) * (1 - _OFF_BY)]
    return min(wanted, key=lambda rate: abs(rate - guessed), default=max(_RATES))


def first_picture(path: Path, tracks: Tracks) -> av.VideoFrame | None:
    """Decoded: some of what a picture is, such as how it is turned, only its frames tell."""
    with open_media(path) as media:
        stream = choose(media, tracks).picture
        for packet in media.demux(stream):
            with suppress(av.FFmpegError):
                for frame in packet.decode():
                    assert isinstance(frame, av.VideoFrame)
                    return frame
    return None


def untold_order(media: InputContainer, stream: VideoStream) -> bool:
    """Whether only a decoder can tell when a picture is shown: AVI has one time for each packet, in their order, from
    which FFmpeg makes the others for the codings that it parses so far; of H.264 and HEVC it does not."""
    reordered = bool(stream.codec_context.has_b_frames)
    return media.format.name == "avi" and reordered and stream.codec_context.name in ("h264", "hevc")


def check_encodable(stream: VideoStream) -> None:
    """
    Raises:
        MediaRefused: what is encoded of the picture would have other colours.
    """
    if is_dolby_vision_alone(described(stream)):
        raise MediaRefused(_DOLBY_VISION)


def colour_of(stream: VideoStream, first: av.VideoFrame | None) -> tuple[dict[str, int], Colorspace | None]:
    """How the colours of a picture are to be read, by ISO/IEC 23091-2: as its container tells, else as a decoded picture
    does (that VP8 is BT.601 is told nowhere else). Red, green and blue become what players take for untold: then with
    the matrix to be used for that."""
    told = {name: int(getattr(stream.codec_context, name)) for name in _UNTOLD}
    if first is not None:
        told |= {name: int(getattr(first, name)) for name, value in told.items() if value == _UNTOLD[name]}
    if told["colorspace"] != _RGB and not (first is not None and first.format.is_rgb):
        return told, None
    high = stream.height >= _HIGH_DEFINITION
    told["colorspace"] = _BT_709 if high else _BT_601
    return told, Colorspace.ITU709 if high else Colorspace.ITU601


class EncodedPicture:
    """Encoded to H.264 at a steady rate. Shape, colour and rotation stay; what changes on the way is fitted into what was
    first.

    `moved` takes seconds of presentation to those at which they are to be shown. With `from_zero` a first picture
    that begins late is shown from 0 on. With `in_order` the pictures have the packets' times in the order in which they
    are decoded, whatever each tells.
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
        in_order: bool = False,
    ) -> None:
        self._times: list[int] | None = [] if in_order else None
        self.rate = self._rate = constant_rate(stream)
        options = {"preset": "veryfast", "crf": "19", "g": str(round(_KEY_S * self._rate))}
        out = output.add_stream("libx264", rate=self._rate, options=options)
        assert isinstance(out, VideoStream)
        size = (stream.width, stream.height) if first is None else (first.width, first.height)
        check_encodable(stream)
        clean = clean_aperture(described(stream))
        if clean is not None:
            whole, size = size, clean.within(*size)[:2]
            clean = clean if size != whole else None
        out.width, out.height = (side + side % 2 for side in size)
        out.pix_fmt = "yuv420p"
        context = out.codec_context
        context.time_base = 1 / self._rate
        colour, matrix = colour_of(stream, first)
        for fact, value in colour.items():
            setattr(context, fact, value)
        if stream.sample_aspect_ratio:
            context.sample_aspect_ratio = stream.sample_aspect_ratio
        if first is not None and (told := turned(first)) != Turned():
            out.set_display_rotation(told.degrees, hflip=told.mirrored)
        self._out, self._origin, self._moved, self._from_zero = out, origin, moved, from_zero
        self._progressive = Progressive()
        self._fitted = Fitted(stream, first, out.width, out.height, matrix, clean)
        self._decoder = decoder_with_alpha(stream)
        self._next: int | None = None
        self._shown: av.VideoFrame | None = None
        self._end = 0

    def take(self, packet: Packet[Any]) -> list[Packet[Any]]:
        made: list[Packet[Any]] = []
        try:
            frames = self._decoded(packet)
            if self._times is not None and packet.pts is not None:
                heappush(self._times, packet.pts)
        except av.FFmpegError:  # the picture before it stays for as long
            frames = []
        for frame in frames:
            assert isinstance(frame, av.VideoFrame)
            if self._times:
                frame.pts = heappop(self._times)
            if frame.pts is not None and frame.time_base is not None:
                for whole in self._progressive.take(frame):
                    made.extend(self._show(whole))
        if packet.pts is not None and packet.time_base and not packet.is_discard:
            self._end = max(self._end, self._number((packet.pts + (packet.duration or 0)) * packet.time_base))
        return made

    def _decoded(self, packet: Packet[Any]) -> list[av.VideoFrame]:
        if self._decoder is not None:
            return self._decoder.decode(packet if packet.size else None)
        frames = packet.decode()
        self._fitted.decoded(packet.stream)
        return frames

    def notes(self) -> Iterator[str]:
        """What became of its pictures, where they are not as they were."""
        if self._progressive.fields:
            yield "Its pictures were interlaced: the two fields of each were made into one whole picture."
        yield from self._fitted.notes()

    def _show(self, frame: av.VideoFrame) -> Iterator[Packet[Any]]:
        assert frame.pts is not None and frame.time_base is not None
        number = self._number(frame.pts * frame.time_base)
        if self._next is not None and number < self._next:
            return
        yield from self._hold(number)
        shaped = self._fitted.take(frame)
        shaped.pict_type = PictureType.NONE  # the source's key pictures need not be ours
        self._next = 0 if self._shown is None and self._from_zero else number
        self._shown = shaped
        self._end = max(self._end, number + 1)
        yield from self._hold(number + 1)

    def _number(self, seconds: Fraction) -> int:
        """To the nearest; of two that are as near the later, so that no two pictures in a row fall together."""
        return math.floor(self._moved(seconds - self._origin) * self._rate + Fraction(1, 2))

    def _hold(self, end: int) -> Iterator[Packet[Any]]:
        """The last picture until `end`."""
        if self._shown is None or self._next is None:
            return
        for at in range(self._next, end):
            self._shown.pts, self._shown.time_base = at, 1 / self._rate
            yield from self._out.encode(self._shown)
        self._next = max(self._next, end)

    def end(self) -> list[Packet[Any]]:
        last = [packet for frame in self._progressive.end() for packet in self._show(frame)]
        return [*last, *self._hold(self._end), *self._out.encode(None)]
