"""What the container of a picture says of it beside its coding: in Matroska or a transport stream as in an MP4."""

from __future__ import annotations

import io
from pathlib import Path

import av
from av.video.stream import VideoStream

from activities.media.mp4.layout import boxes, read_moov
from activities.media.mp4.visual_entry import Entry, visual_entry

_HEAD_ALONE = {"movflags": "empty_moov", "strict": "unofficial"}
"""Dolby Vision's configuration is no standard of ISO's."""


def described(stream: VideoStream) -> Entry:
    """The boxes of the picture's sample entry: those of the MP4 that it is in, else of one that it would be copied into.

    PyAV does not show what FFmpeg read of a Matroska file's cropping or Dolby Vision; FFmpeg's muxer writes it.
    """
    if "mp4" in stream.container.format.name:
        return visual_entry(read_moov(Path(stream.container.name)), stream.index)
    written = io.BytesIO()
    try:
        _write_head(written, "mp4", stream)
    except (av.FFmpegError, ValueError):  # as for ProRes, which QuickTime alone has a place for
        try:
            _write_head(written, "mov", stream)
        except (av.FFmpegError, ValueError):
            return {}
    moov = next((content for kind, content in boxes(written.getvalue()) if kind == b"moov"), b"")
    return visual_entry(bytes(moov), 0)


def _write_head(written: io.BytesIO, kind: str, stream: VideoStream) -> None:
    written.truncate(0)
    written.seek(0)
    with av.open(written, "w", format=kind, options=_HEAD_ALONE) as output:
        output.add_stream_from_template(stream, opaque=True)
        output.start_encoding()
