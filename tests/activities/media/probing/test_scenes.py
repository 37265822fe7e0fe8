"""Scenes of an encoded film, with the times of its pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from activities.media.probing.probe import Limits, probe
from activities.media.probing.scenes import find_scenes
from schema.errors import MediaRefused
from tests.media_corpus import Corpus
from tests.media_factory import X264_CLOSED, Audio, Picture, Spec, make_video


def three_shots(number: int, spec: Spec) -> Picture:
    """A cut at picture 40, a dissolve from 80 to 95, then black from 120."""
    width, height = spec.canvas
    rng = np.random.default_rng(3)
    walls = [
        np.kron(rng.integers(20, 220, (height // 12 + 1, width // 12 + 1)), np.ones((12, 12)))
        for _ in range(3)
    ]
    share = min(1.0, max(0.0, (number - 80) / 15))
    luma = walls[0] if number < 40 else walls[1] * (1 - share) + walls[2] * share
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = 16 if number >= 120 else luma[:height, :width]
    return picture


@pytest.mark.parametrize(("extension", "shift"), [("mp4", 0), ("ts", None), ("mkv", 0)])
def test_transitions_are_on_the_pictures_of_the_film(
    tmp_path: Path, extension: str, shift: int | None
) -> None:
    spec = Spec(seconds=5.6, picture=three_shots, stamped=False, options=dict(X264_CLOSED))
    path = make_video(tmp_path / f"film.{extension}", spec)
    report = probe(path, Limits())
    start = report.video.start_ms if shift is None else shift
    seen: list[float] = []
    found = find_scenes(path, report, progress=lambda fraction, _: seen.append(fraction))
    cut, dissolve, last = found.scene_changes
    assert (cut.kind, cut.at_ms) == ("cut", start + 1600)
    assert dissolve.kind == "dissolve"
    assert dissolve.at_ms == pytest.approx(start + 3240, abs=80)
    assert dissolve.until_ms == pytest.approx(start + 3800, abs=80)
    assert (last.kind, last.at_ms) == ("cut", start + 4800)
    (black,) = found.black
    assert (black.start_ms, black.end_ms) == (start + 4800, report.video.start_ms + report.video.duration_ms)
    assert (found.frames, found.damaged) == (140, 0)
    assert seen == sorted(seen) and len(seen) == 1


@pytest.mark.parametrize(
    "name", ["hdr", "odd_size", "rotated", "vp9_webm", "av1", "variable", "late_picture"]
)
def test_every_pixel_format_is_looked_at(corpus: Corpus, name: str) -> None:
    report = probe(corpus[name], Limits())
    found = find_scenes(corpus[name], report)
    assert found.frames == report.video.frames
    assert found.black == ()


def test_a_picture_that_is_mostly_damaged_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "holes.mp4"
    data = bytearray(corpus["faststart"].read_bytes())
    report = probe(corpus["faststart"], Limits())
    media = data.index(b"mdat") + 4
    data[media + 2000 :] = bytes(len(data) - media - 2000)
    path.write_bytes(data)
    with pytest.raises(MediaRefused, match="cannot be decoded"):
        find_scenes(path, report)


def test_a_few_damaged_packets_are_counted(tmp_path: Path) -> None:
    path = make_video(tmp_path / "spots.mp4", Spec(audio=(Audio(),)))
    report = probe(path, Limits())
    data = bytearray(path.read_bytes())
    media = data.index(b"mdat") + 4
    data[media + 30_000 : media + 33_000] = b"\xff" * 3000
    path.write_bytes(data)
    assert 0 < find_scenes(path, report).frames <= 100
