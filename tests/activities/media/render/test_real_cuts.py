"""Films that were trimmed or cut without encoding them again: what their edit lists leave out of pictures, texts and data
stays so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.contract import ClipFile, RenderInput, RenderOptions
from activities.media.mp4.movie import read_movie
from activities.media.render.render import render
from activities.media.verify.verify import verify
from tests.activities.media.checker import check_pictures, check_sound
from tests.activities.media.real_kit import plan_for, rendered, video
from tests.activities.media.render_kit import duration_of, make_clip, make_plan, pictures, sound
from tests.media_factory import Audio
from tests.media_odd import edits, remuxed, with_boxes

_TRIMMED = (2000, 1.0)
"""Milliseconds that are left, and at which second they begin."""


def _with_edits(source: Path, target: Path, *rows: tuple[int, float]) -> Path:
    """All tracks alike, of the scales that the encoder of tests gives them."""
    clocks = [track.timescale for track in read_movie(source).tracks]
    begins = [track.media_time for track in read_movie(source).tracks]

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] != b"elst":
            return content
        return edits(*((length, begins[track] + round(at * clocks[track])) for length, at in rows))

    return with_boxes(source, target, change)


@pytest.mark.parametrize("begins", [1.29, 1.3, 1.305, 1.32, 1.335], ids=str)
def test_a_cut_between_two_pictures_is_rendered_wherever_its_pauses_are(
    tmp_path: Path, begins: float
) -> None:
    """As `ffmpeg -ss 1.3 -c copy` makes it. FFmpeg shows the first picture behind the cut too early, and all others with
    it: a pause in between was taken for damage."""
    milliseconds = 2700 - round((begins - 1.3) * 1000)
    source = _with_edits(video(tmp_path), tmp_path / "cut.mp4", (milliseconds, begins))
    report, _, result = rendered(source, tmp_path)
    first = pictures(source)[0]
    assert first[1] == 0 and first[0] == pytest.approx(begins * 25, abs=1)
    clip = ClipFile(make_clip(tmp_path / "c.wav", 0.2))
    for at_ms in range(400, 2200, 90):
        plan = make_plan([(at_ms * 48, 20)], [(at_ms * 48 + 2000, 9000)], seconds=report.duration_ms / 1000)
        asked = RenderInput(
            source, plan, {"0": clip}, tmp_path / "again.mp4", tmp_path / "cache", RenderOptions()
        )
        verify(asked, render(asked))
    check_sound(sound(source), result.path, plan_for(report))


@pytest.mark.parametrize("kind", ["subtitles", "timecode", "chapters"])
def test_a_trimmed_text_ends_with_its_film(tmp_path: Path, kind: str) -> None:
    """It went on for what had been cut away, and so did the film where a player believes its header."""
    told = {
        "timecode": {"timecode": "01:00:00:00", "container_options": {"write_tmcd": "1"}},
        "chapters": {"chapters": ((0, 1.5, "One"), (1.5, 3, "Two"), (3, 4, "Three"))},
    }.get(kind, {})
    made = video(tmp_path, "mov" if kind == "timecode" else "mp4", **told)
    if kind == "subtitles":
        made = remuxed(made, tmp_path / "subtitled.mp4", subtitle_s=3.5)
    source = _with_edits(made, tmp_path / f"trimmed{made.suffix}", _TRIMMED)
    _, plan, result = rendered(source, tmp_path)
    check_pictures(pictures(source), result.path, plan)
    check_sound(sound(source), result.path, plan)
    movie = read_movie(result.path)
    assert len(movie.tracks) == 3
    lasts = Fraction(duration_of(movie), movie.timescale)
    assert float(lasts) == pytest.approx(2.0 + plan.added / plan.timebase.rate, abs=0.01)


def test_a_text_in_pieces_is_left_out_and_named(tmp_path: Path) -> None:
    """Its first piece alone was put in its place, and that for as long as all had been."""
    made = remuxed(video(tmp_path), tmp_path / "subtitled.mp4", subtitle_s=3.5)
    source = _with_edits(made, tmp_path / "cut.mp4", (1000, 0.0), (1000, 2.0))
    report, _, result = rendered(source, tmp_path)
    said = "Track 2 (subtitles) is put together from several edits: it was left out."
    assert said in report.rendering and said in result.report.reasons
    with av.open(str(result.path)) as media:
        assert not media.streams.subtitles


@pytest.mark.parametrize(
    ("late", "row"),
    [((1,), (2300, 0.0)), ((0, 1), (2300, 0.0)), ((1,), (1500, 1.0)), ((0, 1), (1500, 1.32))],
    ids=["late, without its end", "both late", "late, without either end", "both late, without either end"],
)
def test_what_begins_late_and_is_cut_is_rendered(
    tmp_path: Path, late: tuple[int, ...], row: tuple[int, float]
) -> None:
    """FFmpeg tells that it ends later than it does, by the wait before it: that was taken for sound that was lost."""
    made = video(tmp_path)
    clocks = [track.timescale for track in read_movie(made).tracks]
    begins = [track.media_time for track in read_movie(made).tracks]

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes:
        if path[-1] != b"elst" or track not in late:
            return content
        return edits((700, -1), (row[0], begins[track] + round(row[1] * clocks[track])))

    source = with_boxes(made, tmp_path / "late.mp4", change)
    report, plan, result = rendered(source, tmp_path)
    assert report.audio[0].start_ms == pytest.approx(700, abs=25)
    check_pictures(pictures(source), result.path, plan)
    heard = sound(made)
    kept = heard[1][:, round(row[1] * heard[0]) :][:, : row[0] * heard[0] // 1000]
    placed = np.concatenate((np.zeros((2, round(0.7 * heard[0])), np.float32), kept), axis=1)
    check_sound((heard[0], placed), result.path, plan)


@pytest.mark.parametrize("extension", ["mp4", "mkv", "ts"])
def test_a_picture_that_stands_for_all_of_its_sound_is_no_truncation(tmp_path: Path, extension: str) -> None:
    """As of a podcast: FFmpeg tells the sound's length as that of a single picture in Matroska."""
    source = video(tmp_path, extension, seconds=0.04, audio=(Audio(seconds=6.0),))
    report, plan, result = rendered(source, tmp_path)
    assert report.duration_ms == pytest.approx(6000, abs=50)
    assert [number for number, _ in pictures(result.path)] == [0]
    check_sound(sound(source), result.path, plan)
