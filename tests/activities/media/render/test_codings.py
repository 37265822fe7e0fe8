"""Every coding of pictures that a studio has (M11): rendered, or refused at probe by name."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from activities.media.probing.probe import Limits, probe
from activities.media.render.rehearse import rehearse
from schema.errors import MediaRefused
from tests.activities.media.checker import check_pictures, check_sound
from tests.activities.media.real_kit import rendered, since, video
from tests.activities.media.render_kit import pictures, sound
from tests.media_factory import Audio, make_sound
from tests.media_theora import make_theora
from tests.media_vc1 import make_vc1

_OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "vp8": (
        "webm",
        {
            "codec": "libvpx",
            "options": {"deadline": "realtime", "cpu-used": "8"},
            "audio": (Audio("libopus"),),
        },
    ),
    "mpeg4": ("avi", {"codec": "mpeg4", "options": {}, "audio": (Audio("libmp3lame"),)}),
    "mpeg2": ("mxf", {"codec": "mpeg2video", "options": {"g": "12"}, "audio": (Audio("pcm_s16le"),)}),
    "dnxhr": (
        "mov",
        {
            "codec": "dnxhd",
            "options": {"profile": "dnxhr_sq"},
            "pix_fmt": "yuv422p",
            "audio": (Audio("pcm_s16le"),),
        },
    ),
    "dv": (
        "mov",
        {"codec": "dvvideo", "options": {}, "width": 720, "height": 576, "audio": (Audio("pcm_s16le"),)},
    ),
    "dnxhr_mxf": (
        "mxf",
        {
            "codec": "dnxhd",
            "options": {"profile": "dnxhr_lb"},
            "pix_fmt": "yuv422p",
            "audio": (Audio("pcm_s16le"),),
        },
    ),
    "dv_alone": (
        "dv",
        {"codec": "dvvideo", "options": {}, "width": 720, "height": 576, "audio": (Audio("pcm_s16le"),)},
    ),
    "dv_avi": (
        "avi",
        {"codec": "dvvideo", "options": {}, "width": 720, "height": 576, "audio": (Audio("pcm_s16le"),)},
    ),
    "flv1": ("flv", {"codec": "flv", "options": {}, "audio": (Audio("libmp3lame", rate=44_100),)}),
    "h264": ("flv", {}),
    "wmv2": ("wmv", {"codec": "wmv2", "options": {}, "audio": (Audio("wmav2"),)}),
    "h264_avi": ("avi", {"options": {"preset": "ultrafast", "bf": "0"}, "audio": (Audio("libmp3lame"),)}),
    "mjpeg": (
        "mov",
        {"codec": "mjpeg", "options": {}, "pix_fmt": "yuvj420p", "audio": (Audio("pcm_s16be"),)},
    ),
}


@pytest.mark.parametrize("kind", _OTHERS)
def test_every_coding_of_pictures_is_rendered(tmp_path: Path, kind: str) -> None:
    extension, changes = _OTHERS[kind]
    source = video(tmp_path, extension, seconds=3.0, **changes)
    _, plan, result = rendered(source, tmp_path)
    copied = kind in ("h264", "h264_avi")
    assert result.report.picture == ("copied" if copied else "encoded")
    told = pictures(source)
    check_pictures(since(told, Fraction(0)), result.path, plan, encoded=not copied, slack=0.045)
    heard = source
    if kind == "wmv2":  # its decoder tells no times, nor the delay of 43 ms that its encoder has
        heard = make_sound(tmp_path / "heard.wav", Audio("pcm_s16le"), 3.0)
    check_sound(sound(heard), result.path, plan, lag_s=0.05 if kind == "wmv2" else 0.03)


@pytest.mark.parametrize(
    ("extension", "advanced"),
    [("wmv", False), ("wmv", True), ("avi", False), ("avi", True), ("ts", True), ("mp4", True)],
)
def test_vc1_which_nothing_here_encodes_is_rendered(tmp_path: Path, extension: str, advanced: bool) -> None:
    codec = {"wmv": "wmav2", "avi": "libmp3lame"}.get(extension, "aac")
    heard = make_sound(tmp_path / ("heard.wmv" if extension == "wmv" else "heard.mkv"), Audio(codec), 3.0)
    source = make_vc1(tmp_path / f"source.{extension}", heard, advanced=advanced)
    report, plan, result = rendered(source, tmp_path)
    assert (report.video.codec, report.video.frames) == ("vc1" if advanced else "wmv3", 75)
    assert result.report.picture == "encoded"
    name = "VC-1" if advanced else "Windows Media Video 9"
    assert any(f"The picture is {name}, which browsers do not play" in why for why in result.report.reasons)
    before = make_sound(tmp_path / "heard.wav", Audio("pcm_s16le"), 3.0)
    check_sound(sound(before), result.path, plan, lag_s=0.05)


def test_windows_media_that_no_decoder_takes_is_refused_by_name(tmp_path: Path) -> None:
    """Packets of another coding, marked as Windows Media Video 9's and as VC-1's."""
    source = video(tmp_path, "wmv", codec="wmv2", options={}, audio=(Audio("wmav2"),))
    marked = tmp_path / "vc1.wmv"
    for name in (b"WMV3", b"WVC1"):
        marked.write_bytes(source.read_bytes().replace(b"WMV2", name))
        with pytest.raises(MediaRefused, match=r"wmv3|vc1|coding that cannot be read"):
            rehearse(marked, probe(marked, Limits()))


def test_theora_is_rendered(tmp_path: Path) -> None:
    made = video(tmp_path, "mkv", seconds=3.0)
    source = make_theora(made, tmp_path / "source.ogv")
    report, plan, result = rendered(source, tmp_path)
    assert (report.video.codec, result.report.picture) == ("theora", "encoded")
    # PyAV takes the empty packet, by which Theora repeats a picture, for the end.
    check_pictures(since(pictures(made), Fraction(0)), result.path, plan, encoded=True, slack=0.045)
    check_sound(sound(source), result.path, plan, lag_s=0.03)
