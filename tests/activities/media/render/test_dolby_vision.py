"""Dolby Vision without a coding's usual mark: carried as it is, and refused in words where it would have to be encoded."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from activities.media.probing.probe import Limits, probe
from activities.media.render.rehearse import rehearse
from schema.errors import MediaRefused
from tests.activities.media.checker import check_pictures, looks
from tests.activities.media.real_kit import HEVC, rendered, video
from tests.activities.media.render_kit import pictures
from tests.media_factory import X264_CLOSED
from tests.media_odd import Change, edits, remuxed, with_boxes

SVT = {"preset": "12", "crf": "50"}
CODINGS = {
    "hvc1": ("libx265", HEVC, b"hev1"),
    "avc1": ("libx264", dict(X264_CLOSED), b"avc1"),
}
CUT = edits((1000, 1024), (1000, 1024 + 2 * 12_800))


def _marked(old: bytes, tag: bytes, profile: int, base: int, *, cut: bool = False) -> Change:
    """A sample entry of that name with a Dolby Vision configuration, and the film put together from two pieces."""
    told = struct.pack(">I4sBBHB", 32, b"dvvC", 1, 0, profile << 9 | 4 << 3 | 0b101, base << 4) + bytes(19)

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] == b"stsd" and track == 0:
            (size,) = struct.unpack_from(">I", content, 8)
            entry = content[16 : 8 + size] + told
            return content[:8] + struct.pack(">I4s", size + len(told), tag) + entry + content[8 + size :]
        return CUT if path[-1] == b"elst" and track == 0 and cut else content

    return change


@pytest.mark.parametrize(
    ("coding", "tag", "profile", "base"),
    [
        ("hvc1", b"dvh1", 5, 0),
        ("hvc1", b"dvhe", 8, 1),
        ("avc1", b"dva1", 9, 2),
        ("avc1", b"dvav", 9, 2),
    ],
)
def test_it_is_carried_as_it_is(tmp_path: Path, coding: str, tag: bytes, profile: int, base: int) -> None:
    codec, options, old = CODINGS[coding]
    made = video(tmp_path, codec=codec, options=options, width=160, height=96, seconds=2)
    source = with_boxes(made, tmp_path / "vision.mp4", _marked(old, tag, profile, base))
    report, plan, result = rendered(source, tmp_path)
    assert (result.report.picture, looks(result.path).tag) == ("copied", tag.decode())
    assert result.path.read_bytes().count(b"dvvC") == 1
    assert any("green and purple" in warning for warning in report.warnings) == (base == 0)
    check_pictures(pictures(source), result.path, plan)


def test_what_ffmpeg_does_not_know_is_refused(tmp_path: Path) -> None:
    made = video(tmp_path, codec="libsvtav1", options=SVT, width=160, height=96, seconds=1)
    source = with_boxes(made, tmp_path / "vision.mp4", _marked(b"av01", b"dav1", 10, 1))
    with pytest.raises(MediaRefused, match="in a coding that cannot be read here"):
        probe(source, Limits())


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_its_own_colours_are_refused_at_probe_where_all_is_encoded(tmp_path: Path, kind: str) -> None:
    made = video(tmp_path, codec="libx265", options=HEVC, width=160, height=96, seconds=2)
    source = with_boxes(made, tmp_path / "vision.mp4", _marked(b"hev1", b"dvh1", 5, 0))
    if kind == "mkv":
        source = remuxed(source, tmp_path / "vision.mkv", options={"strict": "unofficial"})
    report = probe(source, Limits())
    assert any("green and purple" in warning for warning in report.warnings)
    assert rehearse(source, report).video
    with pytest.raises(MediaRefused, match="Dolby Vision's alone"):
        rehearse(source, report, constant_frame_rate=True)


@pytest.mark.parametrize("base", [0, 1])
def test_it_is_encoded_where_others_decode_its_colours_alone(tmp_path: Path, base: int) -> None:
    made = video(tmp_path, codec="libx265", options=HEVC, width=160, height=96)
    source = with_boxes(made, tmp_path / "vision.mp4", _marked(b"hev1", b"dvh1", 5, base, cut=True))
    if base:
        assert rendered(source, tmp_path)[2].report.picture == "encoded"
        return
    with pytest.raises(MediaRefused, match="Dolby Vision's alone"):
        rehearse(source, probe(source, Limits()))
