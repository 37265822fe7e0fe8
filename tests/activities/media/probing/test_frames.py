"""Scenes and the pictures that stand for them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.files.choice import tracks_of
from activities.media.probing.frames import encode_jpeg, is_black, pick_times, read_frames, scenes_of
from activities.media.probing.probe import Limits, probe
from activities.media.probing.stills import read_stills
from schema.contracts.media import MediaReport, SceneChange, Span
from schema.contracts.outputs import TrackChoice
from tests.media_corpus import CORPUS, Corpus
from tests.media_factory import BITS, make_video
from tests.media_odd import two_pictures


def number_in(picture: np.ndarray) -> int:
    """The number that the factory stamped along the top edge, of an RGB picture."""
    block, row = picture.shape[1] // BITS, max(8, picture.shape[0] // 8) // 2
    lit = [picture[row, bit * block + block // 2].mean() > 128 for bit in range(BITS)]
    return sum(int(on) << (BITS - 1 - bit) for bit, on in enumerate(lit))


def film(corpus: Corpus, **changes: object) -> MediaReport:
    return probe(corpus["h264_aac"], Limits()).model_copy(update={"duration_ms": 20_000, **changes})


def test_scenes_cover_the_film(corpus: Corpus) -> None:
    changes = (
        SceneChange(at_ms=5_000),
        SceneChange(at_ms=5_300),
        SceneChange(at_ms=9_000, until_ms=10_000, kind="dissolve"),
        SceneChange(at_ms=19_900),
    )
    scenes = scenes_of(film(corpus, scene_changes=changes))
    assert [(scene.start_ms, scene.end_ms) for scene in scenes] == [
        (0, 5_000),
        (5_000, 9_500),
        (9_500, 20_000),
    ]
    assert len(scenes_of(film(corpus))) == 1


@pytest.mark.parametrize(("length", "count"), [(200, 1), (2_500, 1), (8_000, 2), (19_000, 3)])
def test_longer_scenes_have_more_pictures(corpus: Corpus, length: int, count: int) -> None:
    times = pick_times(Span(start_ms=500, end_ms=500 + length), film(corpus, keyframes_ms=(0,)))
    assert len(times) == count
    assert all(500 < at < 500 + length for at in times)


def test_pictures_keep_away_from_dissolves_and_black(corpus: Corpus) -> None:
    dissolve = SceneChange(at_ms=900, until_ms=1_400, kind="dissolve")
    report = film(
        corpus, scene_changes=(dissolve,), black=(Span(start_ms=1_400, end_ms=1_800),), keyframes_ms=()
    )
    (at,) = pick_times(Span(start_ms=0, end_ms=2_400), report)
    assert at < 900 or at >= 1_800


def test_a_keyframe_nearby_is_taken(corpus: Corpus) -> None:
    report = film(corpus, keyframes_ms=(0, 1_400, 4_000))
    assert pick_times(Span(start_ms=0, end_ms=2_000), report) == (1_400,)


def test_black_scenes(corpus: Corpus) -> None:
    report = film(corpus, black=(Span(start_ms=1_000, end_ms=3_000),))
    assert is_black(Span(start_ms=1_000, end_ms=3_000), report)
    assert not is_black(Span(start_ms=0, end_ms=3_000), report)


@pytest.mark.parametrize(
    "name", ["h264_aac", "open_gop", "ts", "mkv", "hevc", "av1", "late_picture", "fragmented"]
)
def test_the_picture_is_the_one_on_screen(corpus: Corpus, name: str) -> None:
    report = probe(corpus[name], Limits())
    start = report.video.start_ms
    times = [start + 20, start + 1_250, start + 3_990]
    found = dict(read_frames(corpus[name], times))
    assert [number_in(found[at]) for at in times] == [0, 31, 99]


def test_pictures_are_upright_square_and_small(corpus: Corpus, tmp_path: Path) -> None:
    ((_, turned),) = read_frames(corpus["rotated"], [1_000])
    assert turned.shape == (320, 180, 3)
    # Turned clockwise, the top edge with the number stands on the right, from the top down.
    assert number_in(np.rot90(turned)) == 25
    ((_, wide),) = read_frames(corpus["anamorphic"], [1_000])
    assert wide.shape == (180, 427, 3)
    large = make_video(
        tmp_path / "large.mp4", replace(CORPUS["h264_aac"][1], width=1280, height=720, seconds=0.4)
    )
    ((_, small),) = read_frames(large, [200], longest_side=640)
    assert small.shape == (360, 640, 3)


def test_a_time_past_the_end_gives_the_last_picture(corpus: Corpus) -> None:
    ((_, last),) = read_frames(corpus["h264_aac"], [60_000])
    assert number_in(last) == 99


def test_jpeg(corpus: Corpus) -> None:
    ((_, picture),) = read_frames(corpus["h264_aac"], [1_000])
    with av.open(io.BytesIO(encode_jpeg(picture)), format="mjpeg") as jpeg:
        again = next(jpeg.decode(video=0)).to_ndarray(format="rgb24")
    assert again.shape == picture.shape
    assert np.abs(again.astype(int) - picture).mean() < 4


def test_stills_are_of_the_picture_that_was_chosen(corpus: Corpus, tmp_path: Path) -> None:
    narrow = make_video(
        tmp_path / "narrow.mp4", replace(CORPUS["h264_aac"][1], width=160, height=160, seconds=1.0)
    )
    both = two_pictures(corpus["h264_aac"], narrow, tmp_path / "both.mp4")
    for wanted, shape in ((0, (180, 320)), (1, (160, 160))):
        report = probe(both, Limits(), TrackChoice(picture=wanted))
        stills = read_stills(both, [400], 960, tracks_of(report))
        with av.open(io.BytesIO(stills[400]), format="mjpeg") as jpeg:
            assert next(jpeg.decode(video=0)).to_ndarray(format="gray").shape == shape
