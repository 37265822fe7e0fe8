"""A source in fragments is operated on as it is: its pictures keep their tables and sample entry, its sound its packets."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from activities.media.mp4.movie import read_movie
from tests.activities.media.checker import check_pictures, check_sound, looks
from tests.activities.media.real_kit import rendered
from tests.activities.media.render_kit import packet_hashes, pictures, sound
from tests.media_factory import X264_CLOSED, X264_OPEN, Audio, Spec, make_video
from tests.media_fragments import SHAPES
from tests.media_odd import remuxed

UNEVEN = ("every frame",)
"""FFmpeg's muxer tells times of their sound that no stream had, so that it has to be encoded."""


@pytest.mark.parametrize("shape", SHAPES)
def test_each_kind_of_fragments_is_rendered_as_planned(tmp_path: Path, shape: str) -> None:
    options = X264_OPEN if shape == "delayed moov" else X264_CLOSED
    spec = Spec(seconds=3.0, options=dict(options), audio=(Audio(language="eng"), Audio(language="fra")))
    whole = make_video(tmp_path / "whole.mp4", spec)
    source = remuxed(whole, tmp_path / "source.mp4", options=SHAPES[shape])
    _, plan, result = rendered(source, tmp_path)
    assert result.report.picture == "copied"
    assert result.report.sound == ("encoded" if shape in UNEVEN else "spliced")
    assert not any("fragment" in reason for reason in result.report.reasons)
    check_pictures([(n, at) for n, at in pictures(source) if at >= 0], result.path, plan)
    check_sound(sound(source), result.path, plan, lag_s=0.03 if shape in UNEVEN else 0.004)
    assert looks(result.path) == looks(source)
    assert packet_hashes(result.path) == packet_hashes(source)
    was, now = (read_movie(path).of(b"vide")[0] for path in (source, result.path))
    assert now.stsd.raw == was.stsd.raw
    assert [track.language for track in read_movie(result.path).of(b"soun")][1:] == ["fra"]


def test_pictures_of_negative_offsets_are_shown_as_chromium_shows_them(tmp_path: Path) -> None:
    """Later than the standard has them, by the most negative offset; the sound is where it was."""
    whole = make_video(tmp_path / "whole.mp4", Spec(seconds=3.0, options=dict(X264_CLOSED)))
    source = remuxed(whole, tmp_path / "source.mp4", options=SHAPES["negative offsets"])
    (own,) = read_movie(source).of(b"vide")
    offsets = own.table.shift
    assert offsets is not None
    waits = Fraction(-int(offsets.min()), own.timescale)
    assert waits > 0
    later = [(number, at + waits) for number, at in pictures(whole)]
    assert pictures(source) == later
    _, plan, result = rendered(source, tmp_path)
    check_pictures(later, result.path, plan)
    check_sound(sound(whole), result.path, plan, lag_s=0.004)
