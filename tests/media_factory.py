"""Encodes small real media: `make_video(path, Spec(...))`. `tests/media_corpus.py` names the usual kinds.

Every picture carries its number as a row of black and white blocks, which
`frame_number` reads back after decoding; the sound is broadband, so that a shift of one sample shows in a correlation.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from tests.media_sounds import Sound, broadband

Picture = npt.NDArray[np.uint8]

BITS = 16
"""A picture's number is a row of so many blocks along its top edge."""
_READER = VideoReformatter()
"""One for all: each is slow to make."""

os.environ.setdefault("SVT_LOG", "1")  # errors alone

BITEXACT = {"fflags": "+bitexact"}
"""For the muxer: no random ids, no version of a library."""
_WITH_ASM = bool(os.environ.get("TEST_ENCODERS_WITH_ASM"))
_LONG_S = 60.0
"""What is so long is for a benchmark, which compares no bytes."""
_PRIVATE = {
    "libx264": ("x264-params", "", "asm=0"),
    "libx265": ("x265-params", "pools=none:frame-threads=1", "asm=false"),
    "libsvtav1": ("svtav1-params", "lp=1", "asm=c"),
}
"""(option, what keeps it to one thread, what keeps it off vector instructions) of encoders that do not take it from
FFmpeg. With vector instructions a picture hangs on the processor, and x264 reads what was in its memory before."""

X264_FAST = {"preset": "ultrafast", "tune": "zerolatency"}
X264_CLOSED = {"preset": "veryfast", "x264-params": "keyint=25:min-keyint=25:scenecut=0:open-gop=0:bframes=2"}
X264_OPEN = {"preset": "veryfast", "x264-params": "keyint=25:min-keyint=25:scenecut=0:open-gop=1:bframes=3"}


@dataclass(frozen=True)
class Audio:
    """One sound track. `start_ms` delays its first sample; `seconds` None is as long as the picture."""

    codec: str = "aac"
    rate: int = 48_000
    layout: str = "stereo"
    bit_rate: int = 128_000
    language: str | None = None
    seconds: float | None = None
    start_ms: int = 0
    priming: int = 0
    """Samples of silence in front, which the edit list leaves out together with the encoder's own delay."""
    copied: Path | None = None
    """A file whose sound is taken as it is, packet by packet; then nothing else counts."""
    sound: Callable[[int, int, int, int], Sound] | None = None
    """(first sample, count, rate, channels) to float32 of shape (channels, count) within ±1; None: `broadband`."""


@dataclass(frozen=True)
class Spec:
    """One file. `options` are the picture encoder's, `container_options` the muxer's."""

    seconds: float = 4.0
    width: int = 320
    height: int = 180
    rate: Fraction = Fraction(25)
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    options: dict[str, str] = field(default_factory=lambda: dict(X264_FAST))
    format: str | None = None
    container_options: dict[str, str] = field(default_factory=dict)
    audio: tuple[Audio, ...] = (Audio(),)
    rotation: int = 0
    """Degrees clockwise that a player turns the picture."""
    timecode: str | None = None
    chapters: tuple[tuple[float, float, str], ...] = ()
    variable: bool = False
    """Every third picture is left out, so that the frame rate varies."""
    start_ms: int = 0
    """Of the first picture. Below 0, in sound too: the edit list leaves out what comes before 0, as a cut without
    encoding does."""
    sar: Fraction | None = None
    color: dict[str, int] = field(default_factory=dict)
    """color_primaries, color_trc, colorspace as FFmpeg's numbers."""
    picture: Callable[[int, Spec], Picture] | None = None
    """(number, spec) to a planar YUV 4:2:0 array of shape (canvas height * 3 / 2, canvas width);
    None: `moving_bar`."""
    stamped: bool = True
    """Whether pictures carry their number."""
    through: str = ""
    """The extension of a container that it is made in first, and then copied from packet by packet."""

    @property
    def canvas(self) -> tuple[int, int]:
        """(width, height) that is drawn on: even, and scaled where the video is odd."""
        return self.width + self.width % 2, self.height + self.height % 2

    @property
    def frames(self) -> int:
        return round(self.seconds * self.rate)


def moving_bar(number: int, spec: Spec) -> Picture:
    """A bar that wanders over a gradient."""
    width, height = spec.canvas
    picture = np.empty((height * 3 // 2, width), np.uint8)
    picture[:height] = np.linspace(60, 180, width, dtype=np.uint8)
    picture[height:] = 128 + 24 * (number // 50 % 3 - 1)
    left = number * 3 % max(1, width - 20)
    picture[height // 3 : height, left : left + 20] = 225
    return picture


def stamp(picture: Picture, number: int, height: int) -> Picture:
    """Write the number along the top edge, most significant bit first."""
    block, tall = picture.shape[1] // BITS, max(8, height // 8)
    for bit in range(BITS):
        lit = number >> (BITS - 1 - bit) & 1
        picture[:tall, bit * block : (bit + 1) * block] = 235 if lit else 16
    return picture


def frame_number(frame: av.VideoFrame) -> int:
    """The number that `stamp` wrote into a picture, read after decoding."""
    grey = _READER.reformat(frame, format="gray").to_ndarray()
    block, row = grey.shape[1] // BITS, max(8, grey.shape[0] // 8) // 2
    return sum((int(grey[row, bit * block + block // 2]) > 128) << (BITS - 1 - bit) for bit in range(BITS))


def make_video(path: Path, spec: Spec) -> Path:
    """Encode `spec` to `path`, interleaved as it plays, and return the path."""
    if spec.through:
        return _copied(make_video(path.with_suffix(spec.through), replace(spec, through="")), path)
    with (
        _scheduled_as_before(),
        av.open(str(path), "w", format=spec.format, options=BITEXACT | spec.container_options) as output,
    ):
        _set_metadata(output, spec)
        video = _video_stream(output, spec)
        writers = [_pictures(video, spec), *[_sound_writer(output, audio, spec) for audio in spec.audio]]
        _interleave(output, writers)
    return path


@contextmanager
def _scheduled_as_before() -> Iterator[None]:
    """SVT-AV1 gives a process of root's the highest real-time priority, and leaves it so: all that a test starts from
    then on would keep everything else from the cores."""
    if not hasattr(os, "sched_setscheduler"):  # only Linux has it
        yield
        return
    process = os.getpid()
    before = os.sched_getscheduler(process), os.sched_getparam(process)
    try:
        yield
    finally:
        os.sched_setscheduler(process, *before)


def _copied(made: Path, path: Path) -> Path:
    with av.open(str(made)) as source, av.open(str(path), "w", options=BITEXACT) as output:
        streams = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    return path


def make_sound(path: Path, audio: Audio, seconds: float) -> Path:
    """A file without a picture."""
    with av.open(str(path), "w", options=BITEXACT) as output:
        stream = _audio_stream(output, audio)
        _interleave(output, [_sounds(stream, audio, Spec(seconds=seconds))])
    return path


def _set_metadata(output: OutputContainer, spec: Spec) -> None:
    if spec.timecode:
        output.metadata["timecode"] = spec.timecode
    if spec.chapters:
        output.set_chapters(
            [
                {
                    "id": number,
                    "start": round(start * 1000),
                    "end": round(end * 1000),
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title},
                }
                for number, (start, end, title) in enumerate(spec.chapters)
            ]
        )


def _video_stream(output: OutputContainer, spec: Spec) -> VideoStream:
    stream = output.add_stream(spec.codec, rate=spec.rate, options=_options(spec))
    assert isinstance(stream, VideoStream)
    _same_every_time(stream.codec_context)
    stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, spec.pix_fmt
    stream.codec_context.time_base = 1 / spec.rate
    for name, value in spec.color.items():
        setattr(stream.codec_context, name, value)
    if spec.sar:
        stream.codec_context.sample_aspect_ratio = spec.sar
    if spec.rotation:
        stream.set_display_rotation(-spec.rotation)
    return stream


def _options(spec: Spec) -> dict[str, str]:
    option, one_thread, without_asm = _PRIVATE.get(spec.codec, ("", "", ""))
    if not option:
        return dict(spec.options)
    quick = _WITH_ASM or spec.seconds >= _LONG_S
    private = ":".join(filter(None, (spec.options.get(option, ""), one_thread, "" if quick else without_asm)))
    return spec.options | ({option: private} if private else {})


def _same_every_time(context: av.CodecContext) -> None:
    context.thread_count = 1
    context.flags |= Flags.bitexact


def _audio_stream(output: OutputContainer, audio: Audio) -> AudioStream:
    options = {"strict": "experimental"} if audio.codec in ("opus", "vorbis") else {}
    stream = output.add_stream(audio.codec, rate=audio.rate, options=options, layout=audio.layout)
    assert isinstance(stream, AudioStream)
    _same_every_time(stream.codec_context)
    stream.bit_rate = audio.bit_rate
    stream.codec_context.time_base = Fraction(1, audio.rate)
    if audio.language:
        stream.metadata["language"] = audio.language
    return stream


def _pictures(stream: VideoStream, spec: Spec) -> Iterator[tuple[float, list[Packet[Any]]]]:
    draw = spec.picture or moving_bar
    first = round(spec.start_ms * spec.rate / 1000)
    for number in range(spec.frames):
        if spec.variable and number % 3 == 1:
            continue
        picture = draw(number, spec)
        if spec.stamped:
            picture = stamp(picture, number, spec.canvas[1])
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame = frame.reformat(spec.width, spec.height, format=spec.pix_fmt)
        frame.pts, frame.time_base = first + number, 1 / spec.rate
        yield float((first + number) / spec.rate), list(stream.encode(frame))
    yield float("inf"), list(stream.encode(None))


def _sound_writer(
    output: OutputContainer, audio: Audio, spec: Spec
) -> Iterator[tuple[float, list[Packet[Any]]]]:
    if audio.copied:
        return _copies(output, audio.copied)
    return _sounds(_audio_stream(output, audio), audio, spec)


def _copies(output: OutputContainer, source: Path) -> Iterator[tuple[float, list[Packet[Any]]]]:
    media = av.open(str(source))
    stream = output.add_stream_from_template(media.streams.audio[0], opaque=True)

    def packets() -> Iterator[tuple[float, list[Packet[Any]]]]:
        with media:
            for packet in media.demux(media.streams.audio[0]):
                if packet.pts is not None and packet.time_base:
                    at = float(packet.pts * packet.time_base)
                    packet.stream = stream
                    yield at, [packet]

    return packets()


def _sounds(stream: AudioStream, audio: Audio, spec: Spec) -> Iterator[tuple[float, list[Packet[Any]]]]:
    stream.codec_context.open(strict=False)
    seconds = spec.seconds if audio.seconds is None else audio.seconds
    draw, total = audio.sound or broadband, round(seconds * audio.rate)
    first = audio.start_ms * audio.rate // 1000 - audio.priming
    step = stream.codec_context.frame_size or 1024
    layout, wanted = av.AudioLayout(audio.layout), stream.codec_context.format
    shape = av.AudioResampler(format=wanted, layout=layout, rate=audio.rate)
    for start in range(0, total + audio.priming, step):
        count = min(step, total + audio.priming - start)
        samples = draw(start - audio.priming, count, audio.rate, layout.nb_channels)
        samples = samples * (np.arange(start, start + count) >= audio.priming)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples, np.float32), format="fltp", layout=audio.layout
        )
        frame.sample_rate, frame.pts, frame.time_base = audio.rate, first + start, Fraction(1, audio.rate)
        packets = [packet for shaped in shape.resample(frame) for packet in stream.encode(shaped)]
        yield (first + start) / audio.rate, packets
    yield float("inf"), list(stream.encode(None))


def _interleave(output: OutputContainer, writers: list[Iterator[tuple[float, list[Packet[Any]]]]]) -> None:
    """Advance the writer that is behind, so that hours can be written in flat memory."""
    at = [(0.0, writer) for writer in writers]
    while at:
        _, writer = behind = min(at, key=lambda pair: pair[0])
        at.remove(behind)
        made = next(writer, None)
        if made is not None:
            output.mux(made[1])
            at.append((made[0], writer))
