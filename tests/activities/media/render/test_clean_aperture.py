"""Pictures that are larger than what is meant to be shown (M5), as their container says."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from activities.media.files.described import described
from activities.media.files.opening import open_media
from activities.media.mp4.visual_entry import clean_aperture
from tests.activities.media.real_kit import rendered, video
from tests.media_factory import X264_CLOSED, Picture, Spec
from tests.media_odd import remuxed, with_boxes

H264: dict[str, Any] = {"codec": "libx264", "options": dict(X264_CLOSED)}
PRORES: dict[str, Any] = {"codec": "prores_ks", "options": {}, "pix_fmt": "yuv422p10le"}
MPEG_2: dict[str, Any] = {"codec": "mpeg2video", "options": {"g": "12"}}


def _with_aperture(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
    """16 columns less, and two of those on the right."""
    if path[-1] != b"stsd" or track != 0:
        return content
    (size,) = struct.unpack_from(">I", content, 8)
    clap = struct.pack(">I4s8i", 40, b"clap", 176, 1, 144, 1, 6, 1, 0, 1)
    return content[:8] + struct.pack(">I", size + 40) + content[12 : 8 + size] + clap + content[8 + size :]


def _edged(number: int, spec: Spec) -> Picture:
    """Bright but for 14 columns on the left and two on the right."""
    width, height = spec.canvas
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = 180
    picture[: spec.height, :14] = picture[: spec.height, -2:] = 16
    return picture


def _source(folder: Path, coding: dict[str, Any]) -> Path:
    made = video(folder, "mov", seconds=1, width=192, height=144, picture=_edged, stamped=False, **coding)
    return with_boxes(made, folder / "clap.mov", _with_aperture)


def _check_cut_off(path: Path) -> None:
    with av.open(str(path)) as media:
        frame = next(media.decode(video=0))
    assert (frame.width, frame.height) == (176, 144)
    assert (frame.to_ndarray(format="gray")[:, 1:-1] > 90).all()


@pytest.mark.parametrize("kind", ["mov", "mkv"])
def test_it_is_carried_with_a_picture_that_is_copied(tmp_path: Path, kind: str) -> None:
    """Matroska's PixelCrop, which FFmpeg makes of a clean aperture and the other way round."""
    source = _source(tmp_path, H264)
    if kind == "mkv":
        source = remuxed(source, tmp_path / "cropped.mkv")
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == "copied"
    with open_media(result.path) as media:
        aperture = clean_aperture(described(media.streams.video[0]))
    assert aperture is not None and aperture.within(192, 144) == (176, 144, 14, 0)


@pytest.mark.parametrize(
    ("kind", "coding"), [("mov", PRORES), ("mkv", PRORES), ("mkv", MPEG_2)], ids=["MOV", "ProRes", "MPEG-2"]
)
def test_it_alone_is_kept_of_a_picture_that_is_encoded(
    tmp_path: Path, kind: str, coding: dict[str, Any]
) -> None:
    source = _source(tmp_path, coding)
    if kind == "mkv":
        source = remuxed(source, tmp_path / "cropped.mkv")
    _, _, result = rendered(source, tmp_path)
    assert any("not meant to be shown" in reason for reason in result.report.reasons)
    _check_cut_off(result.path)
