"""Every container, coding, start, length and rate that the encoders here can make, crossed: seconds long."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from tests.activities.media.real_kit import HEVC
from tests.activities.media.render_kit import pictures
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_odd import remuxed

_SMALL = {"width": 160, "height": 96, "seconds": 3.0}
PICTURES: dict[str, dict[str, Any]] = {
    "h264": {},
    "h264_b": {"options": dict(X264_CLOSED)},
    "hevc": {"codec": "libx265", "options": HEVC},
    "vp9": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "vp8": {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "mpeg4": {"codec": "mpeg4", "options": {"b": "2000000"}},
    "mpeg2": {"codec": "mpeg2video", "options": {"g": "12", "b": "2000000"}},
    "prores": {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "options": {}},
    "mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": {"qmin": "2", "qmax": "4"}},
    "dnxhr": {
        "codec": "dnxhd",
        "pix_fmt": "yuv422p",
        "options": {"profile": "dnxhr_lb"},
        "width": 256,
        "height": 144,
    },
    "dv": {"codec": "dvvideo", "options": {}, "width": 720, "height": 576},
    "flv1": {"codec": "flv", "options": {"b": "2000000"}},
}
SOUNDS: dict[str, dict[str, Any]] = {
    "aac": {},
    "mp3": {"codec": "libmp3lame"},
    "mp2": {"codec": "mp2", "bit_rate": 256_000},
    "ac3": {"codec": "ac3"},
    "opus": {"codec": "libopus"},
    "vorbis": {"codec": "vorbis"},
    "pcm": {"codec": "pcm_s16le"},
}
CONTAINERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "mp4": (("h264", "h264_b", "hevc", "vp9", "mpeg4"), ("aac", "mp3", "ac3", "opus")),
    "mov": (("h264_b", "prores", "mjpeg"), ("aac", "pcm")),
    "fragments": (("h264_b", "hevc"), ("aac", "opus")),
    "mkv": (("h264_b", "hevc", "vp9", "mpeg4", "vp8"), ("aac", "opus", "vorbis", "pcm", "ac3")),
    "webm": (("vp9", "vp8"), ("opus",)),
    "ts": (("h264_b", "hevc", "mpeg2"), ("aac", "mp2", "ac3")),
    "flv": (("h264_b", "flv1"), ("aac", "mp3")),
    "avi": (("h264", "mpeg4", "dv"), ("mp3", "pcm")),
    "mxf": (("mpeg2", "dnxhr"), ("pcm",)),
}
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "trimmed": ({"start_ms": -640}, {"start_ms": -640}),
    "all late": ({"start_ms": 400}, {"start_ms": 400}),
    "picture late": ({"start_ms": 400}, {}),
    "sound late": ({}, {"start_ms": 500}),
    "sound short": ({}, {"seconds": 2.2}),
    "sound long": ({}, {"seconds": 4.0}),
    "sound first": ({}, {}),
}
RATES = (Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(50))
CLOCKS = ("12800", "90000", "1000000000")
_NO_EDITS = ("ts", "flv", "avi", "mxf", "mkv", "webm")
"""They have no place for a start before 0."""
COPIED = ("h264", "h264_b", "hevc", "vp9")


@dataclass(frozen=True)
class Case:
    container: str
    picture: str
    sound: str
    shape: str
    number: int

    def __str__(self) -> str:
        return f"{self.container}-{self.picture}-{self.sound}-{self.shape}"

    @property
    def rate(self) -> Fraction:
        if self.container in ("flv", "mxf") or self.picture == "dv":  # their clocks are no other rate's
            return Fraction(25)
        return RATES[self.number % len(RATES)]


def _cases() -> list[Case]:
    kinds = [(container, *kind) for container, (ps, ss) in CONTAINERS.items() for kind in product(ps, ss)]
    wanted = [
        (*kind, shape)
        for kind, shape in product(kinds, SHAPES)
        if not (shape == "trimmed" and kind[0] in _NO_EDITS)
        and not (kind[0] in ("avi", "mxf") and "late" in shape)
        and not (kind[0] == "mxf" and shape == "sound first")
    ]
    return [Case(*each, number) for number, each in enumerate(wanted)]


CASES = _cases()


def make_case(case: Case, folder: Path) -> Path:
    of_picture, of_sound = SHAPES[case.shape]
    options: dict[str, str] = {}
    if case.container == "fragments":
        options = {"movflags": "frag_keyframe+delay_moov+default_base_moof"}
    elif case.container in ("mp4", "mov"):
        options = {"video_track_timescale": CLOCKS[case.number % len(CLOCKS)]}
    rate = 44_100 if case.container == "flv" else 48_000
    extension = "mp4" if case.container == "fragments" else case.container
    spec = Spec(
        **_SMALL | PICTURES[case.picture],
        rate=case.rate,
        audio=(Audio(rate=rate, language="fra", **SOUNDS[case.sound] | of_sound),),
        container_options=options,
        **of_picture,
    )
    made = make_video(folder / f"made.{extension}", spec)
    if case.shape != "sound first":
        return made
    return remuxed(made, folder / f"source.{extension}", options=options, sound_first=True)


def from_start(source: Path) -> list[tuple[int, Fraction]]:
    """Pictures from presentation time 0 on: of fragments FFmpeg shows what their edit list leaves out."""
    return [(number, at) for number, at in pictures(source) if at >= 0]
