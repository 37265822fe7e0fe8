"""One decoding pass over the picture: scene changes and black, at a fraction of the film's length."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from activities.media.files.bounds import DECODING_THREADS, bounded_memory, decoding_memory
from activities.media.files.choice import choose, tracks_of
from activities.media.files.opening import open_media, presentation_origin
from activities.media.probing.transitions import HEIGHT, WIDTH, Planes, TransitionFinder
from activities.ports import Progress
from schema.contracts.media import MediaReport, SceneChange, Span
from schema.errors import MediaRefused

_REPORT_EVERY = 100
"""Pictures between two reports of progress."""
_MAX_DAMAGED = 0.5
"""A file of which more packets cannot be decoded is refused."""


@dataclass(frozen=True, slots=True)
class PictureFindings:
    """What looking at every picture showed."""

    scene_changes: tuple[SceneChange, ...]
    black: tuple[Span, ...]
    frames: int
    damaged: int
    """Packets that could not be decoded."""


class _Decoding:
    """Pictures of a stream in order, with what could not be decoded counted."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container, self._stream = container, stream
        self.packets = self.damaged = 0

    def __iter__(self) -> Iterator[VideoFrame]:
        for packet in self._container.demux(self._stream):
            self.packets += 1
            try:
                yield from packet.decode()
            except av.FFmpegError:
                self.damaged += 1


def find_scenes(path: Path, report: MediaReport, progress: Progress | None = None) -> PictureFindings:
    """Decode every picture, small, and find cuts, dissolves, fades and black. Memory is flat.

    Raises:
        MediaRefused: most of the picture cannot be decoded.
    """
    memory = decoding_memory(report.video.width, report.video.height)
    with bounded_memory(memory), open_media(path) as container:
        stream = choose(container, tracks_of(report)).picture
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = min(DECODING_THREADS, os.cpu_count() or 1)
        stream.codec_context.options = {
            "skip_loop_filter": "all"
        }  # unseen at this size, and a fifth of the time
        origin = presentation_origin(container)
        finder = TransitionFinder(max(1.0, min(240.0, float(report.video.frame_rate))))
        shrink = VideoReformatter()
        decoding, frames, last_ms = _Decoding(container, stream), 0, -1
        for frame in decoding:
            if frame.pts is None or frame.time_base is None:
                continue
            at_ms = round((frame.pts * Fraction(frame.time_base) - origin) * 1000)
            if at_ms <= last_ms:
                continue
            small = shrink.reformat(frame, WIDTH, HEIGHT, "yuv444p", interpolation="AREA")
            finder.add(max(0, at_ms), cast(Planes, small.to_ndarray()))
            frames, last_ms = frames + 1, at_ms
            if progress and frames % _REPORT_EVERY == 0:
                progress(min(1.0, at_ms / max(1, report.duration_ms)), "looking for scene changes")
        _refuse_if_damaged(decoding, frames)
        changes, black = finder.finish(report.video.start_ms + report.video.duration_ms)
        return PictureFindings(changes, black, frames, decoding.damaged)


def _refuse_if_damaged(decoding: _Decoding, frames: int) -> None:
    if frames == 0 or decoding.damaged > _MAX_DAMAGED * decoding.packets:
        raise MediaRefused(
            f"{decoding.damaged} of {decoding.packets} pictures cannot be decoded: the file is damaged. "
            "Export it again."
        )
