"""How every part opens a file that a stranger sent: known formats only, no other file or address, bounded.

A playlist or an MP4 may name further files and URLs; FFmpeg would open them. The lists below keep it to the one file.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream

from activities.media.mp4.layout import is_fragmented, read_layout
from schema.errors import FULL_DISK, MediaRefused

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,asf,flv,mxf,ogg,dv"  # what may hold a video
    ",wav,aiff,mp3,flac,aac,ac3,caf"  # opened only to say that there is no picture
)
MAX_STREAMS = 64
MAX_PIXELS = 8192 * 4608
MAX_CHANNELS, LOWEST_RATE, HIGHEST_RATE = 32, 4_000, 384_000
OPEN_TIMEOUT_S = 60
READ_TIMEOUT_S = 120

SAFE_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": FORMATS,
    "max_streams": str(MAX_STREAMS),
    "max_pixels": str(MAX_PIXELS),
    "err_detect": "ignore_err",
}
_OWN_ORDER = re.compile(r"\d+ channels \(")
"""How FFmpeg calls a channel order that has no name."""
_LABELLED = re.compile(r"1 channels \((\w+)\)")
_AMBISONIC = "ambisonic"
CHANNEL = "channel"
"""What is added to the metadata of a mono track that says which channel it is: FFmpeg's name of it, such as FL."""
_FROM_ITS_START = ("mpegts", "mpeg", "mp3")
"""Formats whose clock starts anywhere: the first packet is presentation time 0. That of an MP3 starts behind the
encoder's delay, which its first frame tells and players skip."""

DAMAGED = "The file is damaged and cannot be read. Export it again."
NOT_A_VIDEO = "This is not a video file that can be read. Use an MP4, MOV, MKV, WebM or MPEG-TS file."
TRUNCATED = "The file is truncated: its end is missing. Export it again, or use a whole copy."
ENCRYPTED = "The file is encrypted (DRM). Use the original without protection."
NO_PICTURE = "There is no picture in this file, only sound. Use the video itself."


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open `path` for reading; errors of FFmpeg inside the block become refusals.

    Raises:
        MediaRefused: what is wrong with the file, for its owner.
    """
    if not path.is_file():
        raise MediaRefused(f"There is no file {path.name}.")
    if path.stat().st_size == 0:
        raise MediaRefused("The file is empty. Export it again, or use a whole copy.")
    opened = False
    try:
        with av.open(
            os.fspath(path),
            options=SAFE_OPTIONS,
            metadata_errors="replace",
            timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S),
        ) as container:
            opened = True
            settle_layouts(container)
            yield container
    except MemoryError as error:
        raise MediaRefused(
            "The file is damaged: its tables ask for more memory than a video needs."
        ) from error
    except av.ExitError as error:
        raise MediaRefused("Reading the file takes too long: it is damaged. Export it again.") from error
    except av.FFmpegError as error:
        if error.errno in FULL_DISK:  # of what is written inside the block
            raise
        raise MediaRefused(DAMAGED if opened else _why_not_opened(path)) from error


def settle_layouts(container: InputContainer) -> None:
    """Give sound whose channels lie in an order of its own (a QuickTime `chan` box) the usual one of as many.

    PyAV shows such an order by a copy that frees the original's memory when it goes, so that copy never does.

    Raises:
        MediaRefused: there is no usual order of so many channels, or they are no speakers' but a whole room's.
    """
    for stream in container.streams.audio:
        context = stream.codec_context
        if context is None:
            continue
        if (layout := context.layout).name.startswith(_AMBISONIC):
            raise MediaRefused(
                "The sound is ambisonic, of no speakers that a description could be heard from. "
                "Export it as stereo or 5.1."
            )
        if not _OWN_ORDER.match(layout.name):
            continue
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
        if label := _LABELLED.fullmatch(layout.name):
            stream.metadata[CHANNEL] = label[1]
        try:
            context.layout = f"{layout.nb_channels}c"
        except ValueError:
            raise MediaRefused(
                f"The sound has {layout.nb_channels} channels in an order of its own. Export it as stereo or 5.1."
            ) from None


def _why_not_opened(path: Path) -> str:
    """FFmpeg says little more than 'invalid data': look at how the file begins."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"):
        layout = read_layout(path)
        return TRUNCATED if layout.truncated or not layout.has_moov else DAMAGED
    known = head.startswith(
        (b"\x1aE\xdf\xa3", b"RIFF", b"FLV", b"OggS", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75")
    )
    return DAMAGED if known else NOT_A_VIDEO


def presentation_origin(container: InputContainer) -> Fraction:
    """The timestamp, in seconds, that is presentation time 0.

    A progressive MP4 has a timeline of its own, on which a track may start late. Elsewhere a clock may start anywhere,
    as that of a recording does which began in the middle of a transmission: what all tracks wait for is left out.
    """
    if container.start_time is None:
        return Fraction(0)
    start, name = Fraction(container.start_time, av.time_base), container.format.name
    if name in _FROM_ITS_START:
        return start
    if "mp4" in name and not is_fragmented(Path(container.name)):
        return Fraction(0)
    return max(Fraction(0), start)


def readable_sounds(container: InputContainer) -> list[AudioStream]:
    """The sound tracks that can be decoded here and whose headers make sense."""
    return [
        stream
        for stream in container.streams.audio
        if stream.codec_context is not None
        and 1 <= stream.codec_context.channels <= MAX_CHANNELS
        and LOWEST_RATE <= stream.codec_context.sample_rate <= HIGHEST_RATE
    ]


def rewind(container: InputContainer, stream: Stream) -> None:
    """Go to the first packet of `stream`. A seek to its very timestamp passes the first keyframe of an MPEG-TS."""
    base = stream.time_base or Fraction(1, av.time_base)
    seek(container, stream, (stream.start_time or 0) - round(10 / base))


def seek(container: InputContainer, stream: Stream, at: int) -> None:
    """Go to the last keyframe that is not after `at`. AVI and Flash fail where there is none: to the first, then."""
    try:
        container.seek(at, stream=stream)
    except av.FFmpegError:
        container.seek(max(at, stream.start_time or 0), stream=stream)
