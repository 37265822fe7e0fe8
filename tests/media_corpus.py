"""Every kind of file that probe and render are held to.

`CORPUS` names them; the fixture `corpus` makes each when it is first asked for: `corpus["ts"]` is its path.
"""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.media_factory import X264_CLOSED, X264_OPEN, Audio, Spec, make_video
from tests.media_sounds import silence


def _mp4(**changes: object) -> Spec:
    return replace(Spec(options=dict(X264_CLOSED)), **changes)  # type: ignore[arg-type]


_VP9 = {"deadline": "realtime", "cpu-used": "8"}
_PQ = {"color_primaries": 9, "color_trc": 16, "colorspace": 9}
_CHAPTERS = ((0.0, 1.5, "Opening"), (1.5, 4.0, "The rest"))

CORPUS: dict[str, tuple[str, Spec]] = {
    "h264_aac": ("mp4", _mp4()),
    "faststart": ("mp4", _mp4(container_options={"movflags": "faststart"})),
    "no_b_frames": ("mp4", Spec()),
    "open_gop": ("mp4", _mp4(options=X264_OPEN)),
    "hevc": ("mp4", _mp4(codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none"})),
    "hdr": (
        "mp4",
        _mp4(
            codec="libx265",
            pix_fmt="yuv420p10le",
            color=_PQ,
            options={"preset": "ultrafast", "x265-params": "log-level=none"},
        ),
    ),
    "vp9_webm": (
        "webm",
        Spec(
            codec="libvpx-vp9",
            options=_VP9,
            audio=(Audio("libopus"),),
        ),
    ),
    "av1": ("mp4", Spec(codec="libsvtav1", options={"preset": "12"}, audio=(Audio("libopus"),))),
    "mkv": ("mkv", _mp4(chapters=_CHAPTERS)),
    "from_mkv": ("mp4", Spec(through=".mkv")),
    "ts": ("ts", _mp4()),
    "fragmented": ("mp4", _mp4(container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"})),
    "film_rate": ("mp4", _mp4(rate=Fraction(24000, 1001))),
    "drop_frame": ("mp4", _mp4(rate=Fraction(30000, 1001), timecode="01:00:00;00")),
    "sixty": ("mp4", _mp4(rate=Fraction(60))),
    "variable": ("mp4", _mp4(variable=True)),
    "start_offset": ("mp4", _mp4(start_ms=400, audio=(Audio(start_ms=400),))),
    "late_sound": ("mp4", _mp4(audio=(Audio(start_ms=500),))),
    "late_picture": ("mp4", _mp4(start_ms=400)),
    "long_sound": ("mp4", _mp4(audio=(Audio(seconds=5.0),))),
    "short_sound": ("mp4", _mp4(audio=(Audio(seconds=3.0),))),
    "no_audio": ("mp4", _mp4(audio=())),
    "mono": ("mp4", _mp4(audio=(Audio(layout="mono", rate=44_100),))),
    "surround": ("mp4", _mp4(audio=(Audio(layout="5.1", bit_rate=320_000),))),
    "two_tracks": ("mp4", _mp4(audio=(Audio(language="eng"), Audio(language="spa", layout="mono")))),
    "ac3": ("mp4", _mp4(audio=(Audio("ac3"),))),
    "opus": ("mp4", _mp4(audio=(Audio("libopus"),))),
    "mp3": ("mp4", _mp4(audio=(Audio("libmp3lame"),))),
    "silent": ("mp4", _mp4(audio=(Audio(sound=silence),))),
    "rotated": ("mp4", _mp4(rotation=90)),
    "anamorphic": ("mp4", _mp4(sar=Fraction(4, 3))),
    "cropped": ("mp4", _mp4(width=322, height=182)),
    "odd_size": ("mp4", Spec(width=321, height=181, codec="libvpx-vp9", options=_VP9)),
    "chapters": ("mp4", _mp4(chapters=_CHAPTERS)),
}
"""Kind of file: its extension, and how it is made."""


FOREIGN = Path(__file__).parent / "activities" / "media" / "foreign"
_LOSSLESS = (Audio("pcm_s16le"),)
_KEY = "76a6c65c5ea762046bd749a2e632ccbb"


def _foreign(name: str) -> Spec:
    return _mp4(audio=(Audio(copied=FOREIGN / f"{name}.m4a"),))


RARE: dict[str, tuple[str, Spec]] = {
    "fdk_lc": ("mp4", _foreign("fdk_lc")),
    "he_aac": ("mp4", _foreign("he_aac")),
    "he_aac_implicit": ("mp4", _foreign("he_aac_implicit")),
    "he_aac_v2": ("mp4", _foreign("he_aac_v2")),
    "apple_priming": ("mp4", _mp4(audio=(Audio(priming=1088),))),
    "trimmed": ("mp4", _mp4(start_ms=-640, audio=(Audio(start_ms=-640),))),
    "quicktime": ("mov", _mp4()),
    "three_channels": ("mp4", _mp4(audio=(Audio(layout="3.0"),))),
    "eac3": ("mp4", _mp4(audio=(Audio("eac3", layout="5.1", bit_rate=320_000),))),
    "vorbis": ("mkv", _mp4(audio=(Audio("vorbis"),))),
    "vp9_mp4": ("mp4", _mp4(codec="libvpx-vp9", options=_VP9)),
    "hevc_ts": (
        "ts",
        _mp4(codec="libx265", options={"preset": "ultrafast", "x265-params": "log-level=none"}),
    ),
    "variable_mkv": ("mkv", _mp4(variable=True)),
    "fragmented_late": (
        "mp4",
        _mp4(
            audio=(Audio(start_ms=500),),
            container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"},
        ),
    ),
}
"""Kinds that only the render is held to.

HE-AAC and FDK's AAC-LC come from `foreign`, since no encoder of theirs can be installed where the tests run. Apple's
runs on Apple's machines alone: `apple_priming` has its 2,112 samples of priming in the edit list, by FFmpeg's encoder.
"""

UNPLAYABLE: dict[str, tuple[str, Spec]] = {
    "mpeg2": ("ts", Spec(codec="mpeg2video", options={"g": "12"}, audio=(Audio("mp2"),))),
    "prores": ("mov", Spec(codec="prores_ks", pix_fmt="yuv422p10le", options={}, audio=_LOSSLESS)),
    "h264_422": ("mp4", _mp4(pix_fmt="yuv422p")),
    "h264_10bit": ("mp4", _mp4(pix_fmt="yuv420p10le")),
    "hevc_422": (
        "mp4",
        _mp4(
            codec="libx265",
            pix_fmt="yuv422p",
            options={"preset": "ultrafast", "x265-params": "log-level=none"},
        ),
    ),
    "h264_422_mkv": ("mkv", _mp4(pix_fmt="yuv422p")),
}
"""Pictures that browsers do not play, and that a render must encode."""

ENCRYPTED: dict[str, tuple[str, Spec]] = {
    name: (
        "mp4",
        _mp4(
            container_options={
                "encryption_scheme": "cenc-aes-ctr",
                "encryption_key": _KEY,
                "encryption_kid": _KEY,
                "movflags": flags,
            }
        ),
    )
    for name, flags in (
        ("encrypted", "faststart"),
        ("encrypted_fragments", "frag_keyframe+empty_moov+default_base_moof"),
    )
}


EVERY_KIND = CORPUS | RARE | UNPLAYABLE | ENCRYPTED


def make_short(folder: Path, name: str) -> Path:
    """A second of one kind, in `folder`."""
    extension, spec = EVERY_KIND[name]
    chapters = ((0.0, 0.5, "One"), (0.5, 0.9, "Two")) if spec.chapters else ()
    return make_video(folder / f"{name}.{extension}", replace(spec, seconds=0.9, chapters=chapters))


class Corpus:
    """Makes each kind at most once, in one folder. Of two processes that make one at once, either's will do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> Path:
        extension, spec = EVERY_KIND[name]
        path = self.folder / f"{name}.{extension}"
        if not path.exists():
            make_video(self.folder / f"{name}-{os.getpid()}.{extension}", spec).replace(path)
        return path


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """One for all tests, also for those that run side by side."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder / "corpus").mkdir(exist_ok=True)
    return Corpus(folder / "corpus")
