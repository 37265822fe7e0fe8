"""What real pictures are (M4, M5, M8, M9), and what is locked (M15)."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from activities.media.probing.probe import Limits, probe
from schema.errors import MediaRefused
from tests.activities.media.checker import check_pictures, check_sound, looks
from tests.activities.media.real_kit import HEVC, rendered, since, video
from tests.activities.media.render_kit import pictures, sound
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_odd import remuxed, with_boxes

# M4, M5


@pytest.mark.parametrize(
    ("extension", "brands"),
    [
        ("3gp", b"isom" + b"isomiso2mp41avc1"),
        ("mp4", b"isom" + b"isomiso2avc1mp41"),
        ("mov", b"qt  " + b"qt  "),
    ],
)
def test_a_render_has_no_brand_that_firefox_takes_for_another_type(
    tmp_path: Path, extension: str, brands: bytes
) -> None:
    _, _, result = rendered(video(tmp_path, extension), tmp_path)
    head = result.path.read_bytes()[:64]
    ftyp = head[8 : int.from_bytes(head[:4], "big")]
    assert (head[4:8], ftyp[:4] + ftyp[8:]) == (b"ftyp", brands)
    assert result.report.picture == "copied"


@pytest.mark.parametrize(
    ("extension", "audio"),
    [("mp4", ()), ("mkv", (Audio(),)), ("mov", (Audio("pcm_s16le"),)), ("ts", (Audio(),))],
)
def test_hevc_is_marked_as_apples_players_take_it(
    tmp_path: Path, extension: str, audio: tuple[Audio, ...]
) -> None:
    options = {} if extension in ("mkv", "ts") else {"video_track_timescale": "12800"}
    spec = Spec(codec="libx265", options=HEVC, audio=audio, container_options=options)
    made = make_video(tmp_path / f"made.{extension}", spec)
    source = made
    if extension in ("mp4", "mov"):
        source = with_boxes(
            made,
            tmp_path / f"source.{extension}",
            lambda path, track, content: (
                content.replace(b"hev1", b"hvc1") if path[-1] == b"stsd" else content
            ),
        )
    _, _, result = rendered(source, tmp_path)
    assert looks(result.path).tag == "hvc1"
    assert result.report.picture == "copied"
    assert [number for number, _ in pictures(result.path)] == [number for number, _ in pictures(source)]


@pytest.mark.parametrize("audio", [Audio(), Audio("ac3")], ids=["aac", "ac3"])
@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_what_the_container_alone_tells_of_a_picture_is_kept(
    tmp_path: Path, extension: str, audio: Audio
) -> None:
    bare = video(tmp_path, audio=(audio,))
    aspect, options = (
        (Fraction(3, 4), {"movflags": "frag_keyframe+delay_moov"})
        if extension == "mp4"
        else (Fraction(1), {})
    )
    source = remuxed(bare, tmp_path / f"told.{extension}", aspect=aspect, colour=(9, 16, 9), options=options)
    told = looks(source)
    assert (told.aspect, told.colour) == (aspect, (9, 16, 9))
    _, plan, result = rendered(source, tmp_path)
    made = looks(result.path)
    assert (made.aspect, made.colour, made.tag) == (told.aspect, told.colour, "avc1")
    check_pictures(since(pictures(source), Fraction(0)), result.path, plan, slack=0.025)


def test_a_picture_keeps_its_own_tables_where_only_the_sound_needs_work(tmp_path: Path) -> None:
    spec = Spec(options=dict(X264_CLOSED), audio=(Audio("libmp3lame"),), rotation=90, sar=Fraction(4, 3))
    source = with_boxes(make_video(tmp_path / "made.mp4", spec), tmp_path / "source.mp4", _unknown_boxes)
    _, plan, result = rendered(source, tmp_path)
    assert (result.report.picture, result.report.sound) == ("copied", "encoded")
    assert looks(result.path) == looks(source)
    assert result.path.read_bytes().count(b"nobody knows this") == 3
    check_pictures(pictures(source), result.path, plan)
    check_sound(sound(source), result.path, plan)


def _unknown_boxes(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
    """In the track (where Spherical Video V1 stands), in the sample entry, and in `moov`."""
    box = struct.pack(">I4s", 8 + 17, b"uuid") + b"nobody knows this"
    if path in ((b"moov", b"trak"), (b"moov",)) and track < 1:
        return content + box
    if path[-1] == b"stsd" and track == 0:
        size, kind = struct.unpack_from(">I4s", content, 8)
        return content[:8] + struct.pack(">I4s", size + len(box), kind) + content[16:] + box
    return content


@pytest.mark.parametrize("codec", ["libx264", "prores_ks"])
def test_a_picture_of_360_degrees_stays_one(tmp_path: Path, codec: str) -> None:
    """As it is and where it is encoded, told in both ways that there are."""
    coding = {"options": {}, "pix_fmt": "yuv422p10le"} if codec == "prores_ks" else {}
    made = video(tmp_path, "mov", seconds=1, codec=codec, **coding)
    source = with_boxes(made, tmp_path / "around.mov", _around)
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == ("encoded" if coding else "copied")
    with av.open(str(result.path)) as media:
        (picture,) = media.streams.video
        assert picture.codec_context.name == "h264"
    data = result.path.read_bytes()
    assert (data.count(_SPHERICAL), data.count(b"st3d"), data.count(b"sv3d")) == (1, 1, 1)


_SPHERICAL = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")


def _around(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    if path == (b"moov", b"trak") and track == 0:
        return content + box(b"uuid", _SPHERICAL + b"<?xml version='1.0'?><rdf:SphericalVideo/>")
    if path[-1] == b"stsd" and track == 0:
        equal = box(b"proj", box(b"prhd", bytes(16)) + box(b"equi", bytes(20)))
        told = box(b"st3d", bytes(5)) + box(b"sv3d", box(b"svhd", bytes(5)) + equal)
        (size,) = struct.unpack_from(">I", content, 8)
        return content[:8] + struct.pack(">I", size + len(told)) + content[12 : 8 + size] + told
    return content


# M9


def _fields(number: int, spec: Spec) -> Any:
    """A bar that moves between the two fields of a picture."""
    width, height = spec.canvas
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = 60
    for field in (0, 1):
        left = (number * 2 + field) * 6 % (width - 40)
        picture[height // 4 + field : height : 2, left : left + 40] = 220
    return picture


def _combs(path: Path) -> float:
    """How much neighbouring lines differ, against lines of one field."""
    total = []
    with av.open(str(path)) as media:
        for frame in media.decode(video=0):
            grey = frame.to_ndarray(format="gray").astype(np.int32)[60:-8]
            total.append(np.abs(np.diff(grey, axis=0)).mean() / (np.abs(grey[2:] - grey[:-2]).mean() + 0.1))
    return float(np.median(total))


@pytest.mark.parametrize("interlaced", [True, False])
def test_interlaced_pictures_that_are_encoded_become_whole_ones(tmp_path: Path, interlaced: bool) -> None:
    options = {"g": "12", "b": "4000000"} | ({"flags": "+ildct+ilme"} if interlaced else {})
    source = video(
        tmp_path, "ts", codec="mpeg2video", options=options, picture=_fields, audio=(Audio("mp2"),)
    )
    _, plan, result = rendered(source, tmp_path)
    said = any("interlaced" in reason for reason in result.report.reasons)
    assert said is interlaced
    before, after = _combs(source), _combs(result.path)
    assert after < before / 10 if interlaced else after > before / 3
    check_sound(sound(source), result.path, plan)


# M15


@pytest.mark.parametrize("names", [(b"drmi", b"drms"), (b"encv", b"mp4a"), (b"avc1", b"enca")], ids=str)
def test_what_is_encrypted_is_refused_as_that_when_it_is_probed(
    tmp_path: Path, names: tuple[bytes, bytes]
) -> None:
    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        return (
            content.replace(b"avc1", names[0]).replace(b"mp4a", names[1]) if path[-1] == b"stsd" else content
        )

    source = with_boxes(video(tmp_path), tmp_path / "locked.mp4", change)
    with pytest.raises(MediaRefused, match="encrypted"):
        probe(source, Limits())


def test_an_encrypted_webm_is_refused_as_that(tmp_path: Path) -> None:
    """Its track's title makes room for the element that says so (ContentEncodings)."""
    made = video(tmp_path, "mkv", audio=(Audio(language="eng"),))
    titled = tmp_path / "titled.mkv"
    with av.open(str(made)) as media, av.open(str(titled), "w") as output:
        streams = {s.index: output.add_stream_from_template(s, opaque=True) for s in media.streams}
        streams[0].metadata["title"] = "x" * 60
        for packet in media.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    data = titled.read_bytes()
    at = data.index(b"\x53\x6e\xbc" + b"x" * 60)
    key = b"\x47\xe2\x90" + bytes(range(16))
    algorithm = b"\x47\xe1\x81\x05"
    encryption = b"\x50\x35" + bytes([0x80 | len(algorithm + key)]) + algorithm + key
    encoding = b"\x50\x33\x81\x01" + encryption
    outer = b"\x62\x40" + bytes([0x80 | len(encoding)]) + encoding
    element = b"\x6d\x80" + bytes([0x80 | len(outer)]) + outer
    rest = 63 - len(element) - 2
    locked = tmp_path / "locked.mkv"
    locked.write_bytes(data[:at] + element + b"\xec" + bytes([0x80 | rest]) + bytes(rest) + data[at + 63 :])
    with pytest.raises(MediaRefused, match="encrypted"):
        probe(locked, Limits())
