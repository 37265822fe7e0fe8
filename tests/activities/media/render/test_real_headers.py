"""What the boxes of a track say of how it is played: what a render adds or chooses is heard and seen in QuickTime's players
too, which believe them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from activities.media.mp4.movie import Track, read_movie
from schema.contracts.outputs import TrackChoice
from tests.activities.media.real_kit import rendered, video
from tests.media_factory import Audio
from tests.media_odd import Change, remuxed, with_boxes


def _flags(**changed: int) -> Change:
    """`tkhd` with other flags, by the number of the track."""
    flags = {int(name[1:]): value for name, value in changed.items()}

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] == b"tkhd" and track in flags:
            return content[:3] + bytes([flags[track]]) + content[4:]
        return content

    return change


def _group(track: Track) -> int:
    return int.from_bytes(track.trak.need(b"tkhd").content[-50:-48], "big")


@pytest.mark.parametrize("disabled", [(0,), (1,), (0, 1)], ids=str)
def test_a_picture_and_a_sound_that_are_used_are_enabled(tmp_path: Path, disabled: tuple[int, ...]) -> None:
    """A person chose them, or there are no others."""
    change = _flags(**{f"t{track}": 2 for track in disabled})
    source = with_boxes(video(tmp_path, seconds=2.0), tmp_path / "disabled.mp4", change)
    _, _, result = rendered(source, tmp_path)
    assert [track.enabled for track in read_movie(result.path).tracks] == [True, True]


def test_of_several_sounds_the_described_one_alone_is_enabled(tmp_path: Path) -> None:
    made = video(tmp_path, seconds=2.0, audio=(Audio(language="eng"), Audio(language="fra")))
    source = with_boxes(made, tmp_path / "disabled.mp4", _flags(t1=3, t2=2))
    _, _, result = rendered(source, tmp_path, tracks=TrackChoice(sound=(2,)))
    sounds = read_movie(result.path).of(b"soun")
    assert [track.enabled for track in sounds] == [True, False]


def test_no_text_is_in_the_group_of_the_sounds(tmp_path: Path) -> None:
    """Of a group a player plays one track: subtitles would have taken the sound away."""
    made = video(tmp_path, seconds=2.0, audio=(Audio(language="eng"), Audio(language="fra")))
    subtitled = remuxed(made, tmp_path / "subtitled.mp4", subtitle_s=1.5)

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] == b"tkhd" and track == 3:
            return content[:34] + b"\0\1" + content[36:]
        return content

    source = with_boxes(subtitled, tmp_path / "grouped.mp4", change)
    _, _, result = rendered(source, tmp_path)
    movie = read_movie(result.path)
    (text,) = (track for track in movie.tracks if track.handler not in (b"vide", b"soun"))
    groups = {_group(track) for track in movie.of(b"soun")}
    assert _group(text) == 1 and len(groups) == 1
    assert not groups & {0, 1}


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_left_and_right_are_heard_from_both_sides(tmp_path: Path, codec: str) -> None:
    """The first of two mono tracks may say that it is heard on the left alone (`smhd`, ISO/IEC 14496-12, 12.2.2)."""
    mono = Audio(codec, layout="mono")

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] == b"tkhd":
            return content[:3] + b"\3" + content[4:]
        if path[-1] == b"smhd":
            return content[:4] + struct.pack(">hH", -256 if track == 1 else 256, 0)
        return content

    made = video(tmp_path, "mov", seconds=2.0, audio=(mono, mono))
    source = with_boxes(made, tmp_path / "sides.mov", change)
    report, _, result = rendered(source, tmp_path)
    assert report.audio[0].joined == (1, 2)
    (heard,) = read_movie(result.path).of(b"soun")
    assert heard.trak.need(b"mdia", b"minf", b"smhd").unpack("h", 4) == (0,)
