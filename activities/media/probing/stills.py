"""Pictures of a film as JPEG, to be sent to whoever looks at them: for a child process."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from activities.media.probing.frames import Rgb, read_frames
from schema.contracts.media import Tracks

_QUALITY = 4
"""Of 2 (best) to 31, as FFmpeg counts it."""


def read_stills(
    path: Path, times_ms: Sequence[int], longest_side: int, tracks: Tracks | None = None
) -> dict[int, bytes]:
    """The picture on screen at each of `times_ms`, upright, scaled down to `longest_side`; a time past what can be
    decoded is left out. `tracks` are those of the media report.

    Raises:
        MediaRefused: the file cannot be read.
    """
    return {at_ms: _jpeg(picture) for at_ms, picture in read_frames(path, times_ms, longest_side, tracks)}


def _jpeg(picture: Rgb) -> bytes:
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.qmin = encoder.qmax = _QUALITY
    frame = VideoFrame.from_ndarray(picture[:height, :width].copy(), format="rgb24").reformat(
        format="yuvj420p"
    )
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
