"""What the boxes of a track say of how it is played: what a render adds or chooses is heard and seen in QuickTime's players
too, which believe them."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.mp4.movie import Track, read_movie
from activities.media.probing.frames import encode_jpeg
from schema.contracts.outputs import TrackChoice
from tests.activities.media.real_kit import HEVC, rendered, video
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


def test_dolby_vision_is_told_of_a_copied_picture(tmp_path: Path) -> None:
    """Without its box (`dvvC`, Dolby Vision Streams within ISOBMFF, 3.2) no player knows of it."""
    config = struct.pack(">4B", 1, 0, 8 << 1, 1 << 3 | 5) + b"\x10" + bytes(19)
    box = struct.pack(">I4s", 8 + len(config), b"dvvC") + config

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] != b"stsd" or track:
            return content
        size, kind = struct.unpack_from(">I4s", content, 8)
        return content[:8] + struct.pack(">I4s", size + len(box), kind) + content[16:] + box

    made = video(tmp_path, seconds=2.0, codec="libx265", options=HEVC)
    told = with_boxes(made, tmp_path / "told.mp4", change)
    for source in (told, remuxed(told, tmp_path / "told.mkv", options={"strict": "unofficial"})):
        assert b"dvvC" in source.read_bytes()
        _, _, result = rendered(source, tmp_path)
        assert result.report.picture == "copied"
        assert config in result.path.read_bytes()


def test_the_longer_name_of_a_language_is_kept(tmp_path: Path) -> None:
    """Three letters do not tell Brazil's Portuguese from Portugal's (`elng`, ISO/IEC 14496-12, 8.4.6)."""
    made = video(tmp_path, seconds=2.0, audio=(Audio(language="eng"), Audio(language="por")))
    told = bytes(4) + b"pt-BR\0"
    longer = struct.pack(">I4s", 8 + len(told), b"elng") + told

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] != b"mdia" or track < 1:
            return content
        at = struct.unpack_from(">I", content)[0]
        return content[:at] + longer + content[at:]

    source = with_boxes(made, tmp_path / "told.mp4", change)
    _, _, result = rendered(source, tmp_path)
    described, other = read_movie(result.path).of(b"soun")
    assert described.trak.find(b"mdia", b"elng") is None  # it is in English by what the render was told
    assert other.trak.need(b"mdia", b"elng").content == told


def test_a_cover_that_does_not_come_along_is_named(tmp_path: Path) -> None:
    source = tmp_path / "covered.mkv"
    with av.open(str(video(tmp_path, seconds=2.0))) as media, av.open(str(source), "w") as output:
        streams = {
            stream.index: output.add_stream_from_template(stream, opaque=True) for stream in media.streams
        }
        output.add_attachment("cover.jpg", "image/jpeg", encode_jpeg(np.zeros((64, 64, 3), np.uint8)))
        for packet in media.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    report, _, result = rendered(source, tmp_path)
    assert "The cover of the source was left out." in report.rendering
    with av.open(str(result.path)) as media:
        assert len(media.streams.video) == 1
