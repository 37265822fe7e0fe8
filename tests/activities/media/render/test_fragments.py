"""Fragmented output is the same movie."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.contract import RenderOptions
from activities.media.mp4.boxes import walk
from tests.activities.media.render_kit import make_clip, make_plan, packet_hashes, pictures, run, sound
from tests.media_corpus import Corpus

RATE = 48_000
PLAN = make_plan([(RATE, 60), (3 * RATE, 40)], [(RATE + 2000, RATE)])


@pytest.mark.parametrize("name", ["h264_aac", "no_b_frames", "late_sound", "late_picture", "two_tracks"])
def test_a_fragmented_render_plays_like_a_plain_one(corpus: Corpus, tmp_path: Path, name: str) -> None:
    clip = make_clip(tmp_path / "c.wav", 1.0)
    plain, parts = tmp_path / "plain", tmp_path / "parts"
    plain.mkdir(), parts.mkdir()
    one = run(corpus[name], PLAN, plain, clip).path
    two = run(corpus[name], PLAN, parts, clip, RenderOptions(fragmented=True)).path
    kinds = [part.kind for part in walk(two.read_bytes(), 0, two.stat().st_size)]
    assert kinds[:3] == [b"ftyp", b"moov", b"sidx"]
    assert kinds[3:] == [b"moof", b"mdat"] * (len(kinds[3:]) // 2) and len(kinds) >= 5
    assert pictures(two) == pictures(one)
    for kind in ("video", "audio"):
        assert packet_hashes(two, kind) == packet_hashes(one, kind)
    (_, a), (_, b) = sound(one), sound(two)
    length = min(a.shape[1], b.shape[1])
    assert abs(a.shape[1] - b.shape[1]) <= 1024
    assert np.abs(a[:, :length] - b[:, :length]).max() < 1e-5


def test_it_seeks_by_its_index(corpus: Corpus, tmp_path: Path) -> None:
    made = run(
        corpus["h264_aac"],
        PLAN,
        tmp_path,
        make_clip(tmp_path / "c.wav", 1.0),
        RenderOptions(fragmented=True),
    )
    with av.open(str(made.path)) as media:
        stream = media.streams.video[0]
        assert stream.time_base
        media.seek(round(4 / stream.time_base), stream=stream)
        frame = next(media.decode(stream))
        assert frame.time is not None and 1.5 < frame.time <= 4
