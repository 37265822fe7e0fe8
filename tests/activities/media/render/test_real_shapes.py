"""Pictures that are not of one shape all through, or partly transparent (M5): a render shows them as players do."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from activities.media.mp4.boxes import full_box
from activities.media.mp4.movie import read_movie
from activities.media.mp4.tables import SampleTable
from activities.media.mp4.trak import OutTrack
from activities.media.mp4.write import write_movie
from tests.activities.media.real_kit import HEVC, rendered
from tests.activities.media.render_kit import pictures
from tests.media_factory import X264_CLOSED, Audio, Picture, Spec, make_video

SECONDS = 1.0
MPEG_2 = {"codec": "mpeg2video", "audio": (Audio("mp2"),)}


def _lit(number: int, spec: Spec) -> Picture:
    """Bright from edge to edge."""
    width, height = spec.canvas
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = 180
    return picture


def _joined(folder: Path, *specs: Spec) -> Path:
    """Transport streams end to end."""
    data = b""
    for number, spec in enumerate(specs):
        options = {"output_ts_offset": str(number * SECONDS)}
        part = replace(spec, seconds=SECONDS, container_options=options, stamped=False)
        data += make_video(folder / f"{number}.ts", part).read_bytes()
    source = folder / "joined.ts"
    source.write_bytes(data)
    return source


def _shape(frame: av.VideoFrame, pixel: Fraction) -> float:
    """Width over height, as shown, of what is not black."""
    lit = frame.to_ndarray(format="gray") > 90
    return float(lit.any(axis=0).sum() * pixel / lit.any(axis=1).sum())


def _first_and_last(path: Path) -> tuple[av.VideoFrame, av.VideoFrame, Fraction]:
    with av.open(str(path)) as media:
        stream = media.streams.video[0]
        frames = list(media.decode(stream))
        return frames[0], frames[-1], Fraction(stream.sample_aspect_ratio or 1)


@pytest.mark.parametrize(
    ("coding", "second", "shape"),
    [
        ({"options": X264_CLOSED}, {"sar": Fraction(64, 45)}, 16 / 9),
        ({"codec": "libx265", "options": HEVC}, {"width": 144, "height": 180, "sar": Fraction(1)}, 0.8),
        (MPEG_2 | {"options": {"g": "12"}}, {"sar": Fraction(64, 45)}, 16 / 9),
        (MPEG_2 | {"options": {"g": "12", "flags": "+ildct+ilme"}}, {"sar": Fraction(64, 45)}, 16 / 9),
    ],
    ids=["H.264", "HEVC turned", "MPEG-2", "interlaced"],
)
def test_pictures_that_change_their_shape_keep_each_its_own(
    tmp_path: Path, coding: dict[str, Any], second: dict[str, Any], shape: float
) -> None:
    """As where a channel goes from 4:3 to 16:9."""
    first = Spec(width=180, height=144, sar=Fraction(16, 15), picture=_lit, **coding)
    _, _, result = rendered(_joined(tmp_path, first, replace(first, **second)), tmp_path)
    assert any("change their size or shape" in reason for reason in result.report.reasons)
    before, after, pixel = _first_and_last(result.path)
    assert (_shape(before, pixel), _shape(after, pixel)) == pytest.approx((4 / 3, shape), rel=0.02)


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libvpx", {}),
        ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
        ("libsvtav1", {"preset": "12", "crf": "50"}),
    ],
)
def test_a_recording_whose_window_was_turned_keeps_its_shape(
    tmp_path: Path, codec: str, options: dict[str, str]
) -> None:
    """As MediaRecorder writes it: each key picture may be of another size."""
    spec = Spec(seconds=1, codec=codec, options=options, audio=(), picture=_lit, stamped=False)
    wide = make_video(tmp_path / "wide.webm", spec)
    tall = make_video(tmp_path / "tall.webm", replace(spec, width=180, height=320))
    source = tmp_path / "turned.webm"
    with av.open(str(source), "w") as output, av.open(str(wide)) as one, av.open(str(tall)) as other:
        stream = output.add_stream_from_template(one.streams.video[0], opaque=True)
        for late, media in ((0, one), (1000, other)):
            for packet in media.demux(video=0):
                if packet.size and packet.pts is not None and packet.dts is not None:
                    packet.stream = stream
                    packet.pts, packet.dts = packet.pts + late, packet.dts + late
                    output.mux(packet)
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == "encoded"
    before, after, pixel = _first_and_last(result.path)
    assert (_shape(before, pixel), _shape(after, pixel)) == pytest.approx((16 / 9, 9 / 16), rel=0.03)


def _coloured(number: int, spec: Spec) -> Picture:
    width, height = spec.canvas
    picture = np.full((height * 3 // 2, width), 90, np.uint8)
    picture[:height], picture[height * 5 // 4 :] = 120, 160
    return picture


def _rgb(frame: av.VideoFrame) -> Any:
    return frame.to_ndarray(format="rgb24")[20, 20].astype(int)


def test_pictures_that_change_their_colours_are_seen_as_they_were(tmp_path: Path) -> None:
    """As where a recording goes from standard to high definition."""
    old, new = (
        {"color_primaries": primaries, "color_trc": primaries, "colorspace": primaries}
        for primaries in (6, 1)
    )
    spec = Spec(width=160, height=90, picture=_coloured, options=dict(X264_CLOSED))
    source = _joined(tmp_path, replace(spec, color=old), replace(spec, color=new))
    _, _, result = rendered(source, tmp_path)
    assert any("change their colours" in reason for reason in result.report.reasons)
    for was, now in zip(_first_and_last(source)[:2], _first_and_last(result.path)[:2], strict=True):
        assert np.abs(_rgb(was) - _rgb(now)).max() <= 4
        assert now.colorspace == 6


def _transparent(path: Path, codec: str, pixels: str) -> Path:
    """White, in thirds: opaque, half, and not seen at all."""
    drawn = np.full((90, 180, 4), 255, np.uint8)
    drawn[:, 60:120, 3], drawn[:, 120:, 3] = 128, 0
    options = {"auto-alt-ref": "0"} if "vpx" in codec else {}
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 180, 90, pixels
        if path.suffix == ".webm":
            stream.metadata["alpha_mode"] = "1"
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(drawn, format="rgba").reformat(format=pixels)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("extension", "codec", "pixels"),
    [
        ("webm", "libvpx", "yuva420p"),
        ("webm", "libvpx-vp9", "yuva420p"),
        ("mov", "qtrle", "argb"),
        ("mov", "png", "rgba"),
        ("mov", "prores_ks", "yuva444p10le"),
    ],
)
def test_what_is_transparent_lies_on_black(tmp_path: Path, extension: str, codec: str, pixels: str) -> None:
    source = _transparent(tmp_path / f"clear.{extension}", codec, pixels)
    _, _, result = rendered(source, tmp_path)
    assert any("laid on black" in reason for reason in result.report.reasons)
    seen = _first_and_last(result.path)[1].to_ndarray(format="rgb24")[45, [30, 90, 150], 1].tolist()
    assert seen == pytest.approx([255, 128, 0], abs=8)


def _in_two_entries(folder: Path, *specs: Spec) -> Path:
    """An MP4 of films end to end, each of whose pictures have a sample entry of their own."""
    paths = [
        make_video(folder / f"part{number}.mp4", replace(spec, seconds=SECONDS, audio=()))
        for number, spec in enumerate(specs)
    ]
    movies = [read_movie(path) for path in paths]
    tracks = [movie.of(b"vide")[0] for movie in movies]
    one, other = (track.table for track in tracks)
    assert one.sync is not None and other.sync is not None
    table = SampleTable(
        sizes=np.concatenate((one.sizes, other.sizes)),
        offsets=np.concatenate((one.offsets, other.offsets)),
        dts=np.concatenate((one.dts, other.dts + one.end)),
        end=one.end + other.end,
        shift=np.concatenate(
            [np.zeros(len(t), np.int64) if t.shift is None else t.shift for t in (one, other)]
        ),
        sync=np.concatenate((one.sync, other.sync)),
        description=np.repeat(np.array([1, 2], np.uint16), (len(one), len(other))),
        chunk_start=np.concatenate((one.chunk_start, other.chunk_start)),
    )
    entries = [next(track.stsd.children(8)).raw for track in tracks]
    made = OutTrack(
        id=1,
        handler=b"vide",
        timescale=tracks[0].timescale,
        table=table,
        files=np.repeat(np.array([0, 1], np.uint16), (len(one), len(other))),
        order=np.arange(len(table), dtype=np.float64),
        stsd=full_box(b"stsd", 0, 0, struct.pack(">I", 2), *entries),
        header=tracks[0].trak,
        media_time=tracks[0].media_time,
        length=table.end,
    )
    source = folder / "entries.mp4"
    source.touch()
    write_movie(source, movies[0], [made], paths, b"", lambda share: None)
    return source


@pytest.mark.parametrize("changed", [True, False])
def test_pictures_of_several_sample_entries_are_encoded_where_these_differ(
    tmp_path: Path, changed: bool
) -> None:
    """As where an editor put clips of two cameras together."""
    first = Spec(width=160, height=90, options=dict(X264_CLOSED))
    other = {"x264-params": f"{X264_CLOSED['x264-params']}:ref=1:cabac=0"}
    second = replace(first, options=X264_CLOSED | other) if changed else first
    source = _in_two_entries(tmp_path, first, second)
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == ("encoded" if changed else "copied")
    assert [number for number, _ in pictures(result.path)] == 2 * [*range(25)]
