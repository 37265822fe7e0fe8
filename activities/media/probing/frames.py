"""Scenes of a film, and a few pictures of each that stand for it."""

from __future__ import annotations

import io
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from activities.media.files.aspect import aspect_now
from activities.media.files.bounds import DECODING_THREADS
from activities.media.files.choice import choose
from activities.media.files.opening import open_media, presentation_origin, rewind, seek
from activities.media.files.turned import turned
from schema.contracts.media import MediaReport, Span, Tracks

_SHORTEST_SCENE_MS = 800
"""Shorter shots join the one before: nobody describes them apart."""
_ONE_MS, _TWO_MS = 3_000, 9_000
"""A scene up to the first has one picture, up to the second two, else three."""
_EDGE_MS = 120
"""Pictures keep away from the scene's ends."""
_NEAR_MS = 600
"""A keyframe this near to the wanted time is taken instead: it costs one picture to decode."""
_EARLIER_S = (2, 15)
"""Some containers have no index, and a seek lands behind its aim: then it aims so much earlier."""

Rgb = NDArray[np.uint8]
"""Shape (height, width, 3)."""


def scenes_of(report: MediaReport) -> tuple[Span, ...]:
    """The shots between scene changes, covering the whole video; a dissolve is cut in its middle."""
    cuts = [
        change.at_ms if change.until_ms is None else (change.at_ms + change.until_ms) // 2
        for change in report.scene_changes
    ]
    edges = [0]
    for at in sorted(cuts):
        if at - edges[-1] >= _SHORTEST_SCENE_MS and report.duration_ms - at >= _SHORTEST_SCENE_MS:
            edges.append(at)
    edges.append(max(report.duration_ms, 1))
    return tuple(Span(start_ms=a, end_ms=b) for a, b in pairwise(edges))


def is_black(scene: Span, report: MediaReport) -> bool:
    """Whether nothing but black is seen in the scene."""
    dark = sum(
        max(0, min(scene.end_ms, span.end_ms) - max(scene.start_ms, span.start_ms)) for span in report.black
    )
    return dark >= 0.95 * (scene.end_ms - scene.start_ms)


def pick_times(scene: Span, report: MediaReport) -> tuple[int, ...]:
    """One to three times within the scene, away from dissolves, fades and black."""
    length = scene.end_ms - scene.start_ms
    count = 1 if length <= _ONE_MS else 2 if length <= _TWO_MS else 3
    dirty = [(span.start_ms, span.end_ms) for span in report.black]
    dirty += [(c.at_ms, c.until_ms) for c in report.scene_changes if c.until_ms is not None]
    times: list[int] = []
    for number in range(count):
        wish = scene.start_ms + length * (2 * number + 1) // (2 * count)
        times.append(_clean(wish, scene, dirty))
    return tuple(sorted({_at_keyframe(at, scene, report, dirty) for at in times}))


def _clean(wish: int, scene: Span, dirty: Sequence[tuple[int, int]]) -> int:
    """The time nearest to `wish` inside the scene that no dirty span covers; `wish` if all are covered."""
    low, high = scene.start_ms + _EDGE_MS, scene.end_ms - _EDGE_MS
    if low >= high:
        return (scene.start_ms + scene.end_ms) // 2
    candidates = [wish, *(edge for start, end in dirty for edge in (start - _EDGE_MS, end + _EDGE_MS))]
    inside = [
        at for at in candidates if low <= at <= high and not any(start <= at < end for start, end in dirty)
    ]
    return min(inside, key=lambda at: abs(at - wish), default=min(max(wish, low), high))


def _at_keyframe(at: int, scene: Span, report: MediaReport, dirty: Sequence[tuple[int, int]]) -> int:
    keys = report.keyframes_ms
    near = keys[bisect_left(keys, at - _NEAR_MS) : bisect_right(keys, at + _NEAR_MS)]
    inside = [
        key
        for key in near
        if scene.start_ms + _EDGE_MS <= key <= scene.end_ms - _EDGE_MS
        and not any(start <= key < end for start, end in dirty)
    ]
    return min(inside, key=lambda key: abs(key - at), default=at)


def read_frames(
    path: Path, times_ms: Sequence[int], longest_side: int = 960, tracks: Tracks | None = None
) -> Iterator[tuple[int, Rgb]]:
    """(time, picture as it is shown) for each of `times_ms`, in time order: the picture on screen at that time.
    `tracks` are those of the media report.

    Rotated upright, with square pixels, scaled down so that the longest side is at most `longest_side`.

    Raises:
        MediaRefused: the file cannot be read.
    """
    with open_media(path) as container:
        stream = choose(container, tracks).picture
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = min(DECODING_THREADS, os.cpu_count() or 1)
        shrink = VideoReformatter()
        for at_ms in sorted(times_ms):
            frame = _frame_at(container, stream, at_ms)
            if frame is not None:
                yield at_ms, _upright(frame, stream, shrink, longest_side)


def _frame_at(container: InputContainer, stream: VideoStream, at_ms: int) -> VideoFrame | None:
    """The picture on screen at that time; the first one before it begins, the last one after it ends."""
    base = stream.time_base or Fraction(1, av.time_base)
    at = round((Fraction(at_ms, 1000) + presentation_origin(container)) / base)
    found: VideoFrame | None = None
    for back_s in (0, *_EARLIER_S, None):
        if back_s is None:
            rewind(container, stream)
        else:
            seek(container, stream, at - round(back_s / base))
        found = _decode_until(container, stream, at)
        if found is not None and found.pts is not None and found.pts <= at:
            break  # else the seek went too far
    return found


def _decode_until(container: InputContainer, stream: VideoStream, at: int) -> VideoFrame | None:
    shown: VideoFrame | None = None
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            if shown is not None and frame.pts is not None and frame.pts > at:
                return shown
            shown = frame
    return shown


def _upright(frame: VideoFrame, stream: VideoStream, shrink: VideoReformatter, longest_side: int) -> Rgb:
    ratio = float(aspect_now(stream))
    width, height = frame.width * ratio, float(frame.height)
    scale = min(1.0, longest_side / max(width, height))
    small = shrink.reformat(
        frame, max(2, round(width * scale)), max(2, round(height * scale)), "rgb24", interpolation="BICUBIC"
    )
    picture = small.to_ndarray().astype(np.uint8, copy=False)
    angle, mirrored = turned(frame)
    upright = np.rot90(picture, round(angle / 90))
    return np.ascontiguousarray(upright[:, ::-1] if mirrored else upright)


def encode_jpeg(picture: Rgb) -> bytes:
    """The picture as a JPEG of good quality."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mjpeg") as output:
        stream = output.add_stream("mjpeg", rate=1, options={"qmin": "2", "qmax": "4"})
        stream.height, stream.width, stream.pix_fmt = picture.shape[0], picture.shape[1], "yuvj420p"
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        output.mux(list(stream.encode(frame)))
        output.mux(list(stream.encode(None)))
    return buffer.getvalue()
