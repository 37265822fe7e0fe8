"""A few pictures of a file, decoded by FFmpeg."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from activities.media.verify.reading import opened

_BACK_S = 2
_MOST_DECODED = 1_500
"""Pictures on the way to one: a key picture comes sooner."""


def undecodable(
    path: Path,
    wanted: Sequence[float],
    on_progress: Callable[[float], None] = lambda share: None,
    picture: int | None = None,
) -> list[float]:
    """Those of some times, in seconds, whose picture does not come out of a decoder. A picture is wanted where it is,
    give or take half a millisecond, rounded as the track's clock does."""
    missing: list[int] = []
    with opened(path) as media:
        stream = next(s for s in media.streams.video if picture is None or s.index == picture)
        stream.thread_type = "AUTO"
        stream.codec_context.options = {
            "skip_loop_filter": "all"
        }  # what is looked for is whether it is there
        base = float(stream.time_base or Fraction(1, av.time_base))
        slack = max(1, round(0.0005 / base))
        waiting = sorted(round(at / base) for at in wanted)
        total = len(waiting)
        while waiting:
            aim = waiting[0]
            with suppress(av.FFmpegError):
                media.seek(aim, stream=stream)
                _decode_to(media, stream, waiting, slack)
            if waiting and waiting[0] == aim:
                missing.append(waiting.pop(0))
            on_progress(1 - len(waiting) / total)
    return [at * base for at in missing]


def _decode_to(media: InputContainer, stream: VideoStream, waiting: list[int], slack: int) -> None:
    """Decodes on until the first of `waiting` is there or passed, and takes away what is found on the way."""
    aim, near = waiting[0], _BACK_S / (stream.time_base or 1)
    for count, packet in enumerate(media.demux(stream)):
        # On the way to a picture, only what others are made from is decoded.
        skipped = packet.pts is not None and not _near(waiting, packet.pts, slack)
        stream.codec_context.skip_frame = "NONREF" if skipped else "DEFAULT"
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            if frame.pts is None:
                continue
            while waiting and abs(waiting[0] - frame.pts) <= slack:
                waiting.pop(0)
            if not waiting or frame.pts > waiting[0] + slack:
                return
            if waiting[0] != aim and waiting[0] - frame.pts > near:
                return
        if count > _MOST_DECODED:
            return


def _near(waiting: Sequence[int], at: int, slack: int) -> bool:
    place = bisect_left(waiting, at - slack)
    return place < len(waiting) and waiting[place] <= at + slack
