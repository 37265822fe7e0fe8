"""Times that real files get wrong (M1 to M3, M6, M12 to M14): all is shown and heard as players do."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.packet import Packet

from activities.media.mp4.movie import read_movie
from tests.activities.media.checker import check_pictures, check_sound
from tests.activities.media.real_kit import FRAGMENTS, rendered, since, video
from tests.activities.media.render_kit import pictures, sound
from tests.media_factory import X264_CLOSED, Audio
from tests.media_odd import edits, later_fragments, remuxed, with_boxes

# M1


@pytest.mark.parametrize("edit", ["none", "all_from_zero", "shorter"])
def test_a_picture_that_begins_after_its_presentation_is_shown_whole(tmp_path: Path, edit: str) -> None:
    whole = video(tmp_path)

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes | None:
        if track != 0 or path[-1] not in (b"edts", b"elst"):
            return content
        if path[-1] == b"elst":
            return edits((4000 if edit == "all_from_zero" else 3000, 0))
        return None if edit == "none" else content

    source = with_boxes(whole, tmp_path / "odd.mp4", change)
    before = pictures(source)
    assert (before[0][1] > 0) is (edit == "none")
    _, plan, result = rendered(source, tmp_path)
    if edit == "all_from_zero":  # FFmpeg leaves out the last
        before = [(number, Fraction(number, 25)) for number in range(100)]
    check_pictures(before, result.path, plan)
    check_sound(sound(source), result.path, plan)


# M2


@pytest.mark.parametrize("clock", ["1000000000", "100000000"])
def test_a_clock_of_nanoseconds_keeps_time_over_long_pauses(tmp_path: Path, clock: str) -> None:
    source = video(tmp_path, container_options={"video_track_timescale": clock})
    _, plan, result = rendered(source, tmp_path, units=1500)  # 32 and 64 seconds
    check_pictures(pictures(source), result.path, plan)
    check_sound(sound(source), result.path, plan)


def test_a_clock_of_nanoseconds_has_offsets_that_all_players_read(tmp_path: Path) -> None:
    """FFmpeg to 6 drops every composition offset of a track where one is larger than 2^28: pictures then trade places."""
    source = video(tmp_path, container_options={"video_track_timescale": "1000000000"})
    _, plan, result = rendered(
        source, tmp_path
    )  # pauses of 0.4 and 0.9 seconds, among pictures that are reordered
    (picture,) = read_movie(result.path).of(b"vide")
    assert picture.table.shift is not None and int(picture.table.shift.max()) < 1 << 28
    check_pictures(pictures(source), result.path, plan, slack=0.0001)


# M3


@pytest.mark.parametrize("late_ms", [0, 500])
@pytest.mark.parametrize(
    ("extension", "options"), [("mkv", {}), ("flv", {}), ("ts", {}), ("mp4", FRAGMENTS)], ids=str
)
def test_a_clock_that_starts_anywhere_starts_at_0(
    tmp_path: Path, extension: str, options: dict[str, str], late_ms: int
) -> None:
    """What starts later than the rest stays later."""
    at_zero = video(tmp_path, audio=(Audio(start_ms=late_ms),))
    moved = options | {"output_ts_offset": "3600"}
    source = remuxed(at_zero, tmp_path / f"moved.{extension}", options=moved)
    if options:  # FFmpeg's fragments begin at 0
        later_fragments(source, {1: 3600 * 12_800, 2: 3600 * 48_000})
    report, plan, result = rendered(source, tmp_path)
    assert report.duration_ms < 5_000
    with av.open(str(source)) as media:
        assert media.start_time
        begins = Fraction(media.start_time, av.time_base)
    told = pictures(source)
    begins = begins if told[0][1] > 3_000 else Fraction(0)  # `pictures` knows of a transport stream's
    check_pictures(since(told, begins), result.path, plan, slack=0.003)
    rate, heard = sound(at_zero)
    if (
        options
    ):  # fragments without an edit list wait for the pictures' reordering, with picture and sound alike
        waited = np.zeros((2, round((told[0][1] - begins) * rate)), np.float32)
        heard = np.concatenate((waited, heard), axis=1)
    check_sound((rate, heard), result.path, plan, lag_s=0.03)


def test_a_clock_that_begins_anew_goes_on(tmp_path: Path) -> None:
    """That of a transport stream does after 26.5 hours, here in the middle."""
    source = remuxed(
        video(tmp_path), tmp_path / "anew.ts", options={"output_ts_offset": "95441.7", "muxdelay": "0"}
    )
    _, plan, result = rendered(source, tmp_path)
    told = pictures(source)
    check_pictures(since(told, told[0][1]), result.path, plan, slack=0.06)


# M6


@pytest.mark.parametrize("seconds", [6.5, 3.0])
def test_a_last_picture_without_a_length_is_shown(tmp_path: Path, seconds: float) -> None:
    """As the last slide of a recording: to the end of the sound, for a usual step at least."""
    made = video(
        tmp_path,
        rate=Fraction(1),
        options={"preset": "ultrafast", "tune": "zerolatency"},
        audio=(Audio(seconds=seconds),),
    )

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes | None:
        if track == 0 and path[-1] == b"stts":
            count, delta = struct.unpack_from(">II", content, 8)
            return struct.pack(">II4I", 0, 2, count - 1, delta, 1, 0)
        return None if track == 0 and path[-1] == b"edts" else content

    source = with_boxes(made, tmp_path / "odd.mp4", change)
    report, plan, result = rendered(source, tmp_path)
    added = plan.added / plan.timebase.rate
    with av.open(str(result.path)) as media:
        stream = media.streams.video[0]
        assert stream.frames == 4 and stream.duration and stream.time_base
        lasts = float(stream.duration * stream.time_base)
    assert lasts == pytest.approx(max(seconds, 4.0) + added, abs=0.03)
    assert report.duration_ms == pytest.approx(max(seconds, 4.0) * 1000, abs=30)


# M12


@pytest.mark.parametrize(
    "rows",
    [((1500, 1024), (1500, 26_624)), ((1000, 1024), (500, -1), (2000, 26_624)), ((1000, 1024), (1000, 1024))],
    ids=["a cut in the middle", "a gap in the middle", "a piece twice"],
)
def test_several_edits_are_shown_as_players_do(tmp_path: Path, rows: tuple[tuple[int, int], ...]) -> None:
    whole = video(tmp_path, container_options={"video_track_timescale": "12800"})

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] != b"elst":
            return content
        scale = 12_800 if track == 0 else 48_000
        return edits(*((length, at if at < 0 else at * scale // 12_800) for length, at in rows))

    source = with_boxes(whole, tmp_path / "edited.mp4", change)
    _, _, result = rendered(source, tmp_path)
    assert result.report.picture == "encoded" and "several edits" in " ".join(result.report.reasons)
    before = [number for number, _ in pictures(source)]
    after = [number for number, _ in pictures(result.path)]
    assert set(before) == set(after)
    assert len(after) >= len(before)


def test_an_edit_that_goes_on_after_the_pictures_shows_nothing_more(tmp_path: Path) -> None:
    made = video(tmp_path)

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes | None:
        begins = struct.unpack_from(">i", content, 12)[0] if path[-1] == b"elst" else 0
        return edits((9000, begins)) if path[-1] == b"elst" and track == 0 else content

    source = with_boxes(made, tmp_path / "long.mp4", change)
    _, plan, result = rendered(source, tmp_path)
    assert result.report.picture == "copied"
    check_pictures(pictures(made), result.path, plan)


@pytest.mark.parametrize("kind", ["slides", "two at one time"])
def test_pictures_whose_times_an_mp4_cannot_hold_as_they_are(tmp_path: Path, kind: str) -> None:
    """A recording of a screen, whose pictures stand for seconds and are decoded out of order."""
    made = video(tmp_path, "mkv", rate=Fraction(25), seconds=2.0, audio=(Audio(seconds=8.0),))

    def shown(_: int, packet: Packet[Any]) -> Packet[Any]:
        assert packet.pts is not None and packet.time_base
        number = round(packet.pts * packet.time_base * 25)
        seconds = Fraction(number * number, 300) if kind == "slides" else Fraction(number // 2 * 2, 25)
        packet.pts = round(seconds / packet.time_base)
        packet.dts = None if kind == "slides" else packet.dts
        return packet

    try:
        source = remuxed(made, tmp_path / "odd.mkv", shown=shown)
    except av.FFmpegError:
        pytest.skip("this FFmpeg does not write such a file")
    before = pictures(source)
    _, plan, result = rendered(source, tmp_path)
    check_pictures(before, result.path, plan, slack=0.03)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_pictures_of_avi_are_shown_in_their_order(tmp_path: Path, codec: str) -> None:
    """AVI has one time for a packet: FFmpeg does not tell when a picture of H.264 is shown."""
    options = dict(X264_CLOSED) if codec == "libx264" else {"b": "2000000", "bf": "2"}
    source = video(tmp_path, "avi", codec=codec, options=options, seconds=3.0, audio=(Audio("libmp3lame"),))
    _, plan, result = rendered(source, tmp_path)
    assert result.report.picture == "encoded"
    times = sorted(at for _, at in pictures(source))
    check_pictures([*enumerate(times)], result.path, plan, encoded=True, slack=0.05)


# M13


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_a_subtitle_that_outlasts_the_picture_is_no_truncation(tmp_path: Path, extension: str) -> None:
    source = remuxed(video(tmp_path), tmp_path / f"subtitled.{extension}", subtitle_s=55.0)
    report, plan, result = rendered(source, tmp_path)
    assert report.duration_ms < 5_000
    assert result.duration == pytest.approx(plan.duration + plan.added, abs=plan.timebase.rate // 10)
    named = any("subtitles" in sentence for sentence in report.rendering)
    assert named == (extension == "mkv")  # an MP4's go with it


# M14


def test_a_transport_stream_of_one_group_of_pictures_is_rendered(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "1000"}
    source = video(tmp_path, "ts", options=options)
    _, plan, result = rendered(source, tmp_path)
    told = pictures(source)
    check_pictures(since(told, told[0][1]), result.path, plan, slack=0.06)
