"""What is encoded is seen in its own colours (M5), though players guess those that a file does not tell."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tests.activities.media.real_kit import rendered
from tests.media_factory import BITEXACT

_BARS = np.array([(190, 190, 190), (190, 190, 0), (0, 190, 190), (0, 190, 0), (190, 0, 190), (190, 0, 0)])
_MATRICES = {1: Colorspace.ITU709, 5: Colorspace.ITU601, 6: Colorspace.ITU601}
_VP8 = {"deadline": "realtime", "cpu-used": "8", "b": "4000000"}


def _bars(width: int, height: int) -> NDArray[np.uint8]:
    return np.repeat(np.repeat(_BARS[None], height, 0), width // len(_BARS), 1).astype(np.uint8)


def _make(path: Path, codec: str, pix_fmt: str, size: tuple[int, int], options: dict[str, str]) -> Path:
    picture = av.VideoFrame.from_ndarray(_bars(*size), format="rgb24")
    with av.open(str(path), "w", options=BITEXACT) as output:
        stream = output.add_stream(codec, rate=10, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        shown = picture.reformat(format=pix_fmt, dst_colorspace=Colorspace.ITU601)
        for number in range(12):
            shown.pts, shown.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(shown))
        output.mux(stream.encode(None))
    return path


def _seen(path: Path) -> tuple[int, NDArray[np.int64]]:
    """(matrix that is told, colours of the bars) of the first picture, as a player shows it; untold is read by height."""
    with av.open(str(path)) as media:
        frame = next(media.decode(video=0))
    matrix = int(frame.colorspace)
    read_by = _MATRICES.get(matrix, Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601)
    pixels = frame.to_ndarray(format="rgb24", src_colorspace=None if frame.format.is_rgb else read_by)
    step = frame.width // len(_BARS)
    return matrix, pixels[frame.height // 2, step // 2 :: step][: len(_BARS)].astype(np.int64)


@pytest.mark.parametrize(
    ("extension", "codec", "pix_fmt", "size", "matrix"),
    [
        (
            "webm",
            "libvpx",
            "yuv420p",
            (1284, 720),
            5,
        ),  # BT.601 at any height, which VP8's bitstream alone tells
        ("mov", "png", "rgb24", (1284, 720), 1),
        ("mp4", "libx264rgb", "rgb24", (1284, 720), 1),
        ("mkv", "ffv1", "bgr0", (324, 180), 6),
        ("avi", "huffyuv", "rgb24", (324, 180), 6),
        ("mov", "mjpeg", "yuvj420p", (324, 180), 5),
    ],
)
def test_colours_of_what_is_encoded_stay(
    tmp_path: Path, extension: str, codec: str, pix_fmt: str, size: tuple[int, int], matrix: int
) -> None:
    options = _VP8 if codec == "libvpx" else {"preset": "ultrafast"} if codec == "libx264rgb" else {}
    source = _make(tmp_path / f"source.{extension}", codec, pix_fmt, size, options)
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == "encoded"
    told, made = _seen(result.path)
    assert told == matrix
    assert np.abs(made - _seen(source)[1]).max() <= 4
