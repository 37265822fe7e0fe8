"""The corpus is what its names say, so that a test that passes on it means something."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import av
import pytest

from tests.media_corpus import CORPUS, Corpus
from tests.media_factory import frame_number


@pytest.mark.parametrize("name", CORPUS)
def test_pictures_carry_their_numbers(corpus: Corpus, name: str) -> None:
    spec = CORPUS[name][1]
    with av.open(str(corpus[name])) as media:
        numbers = [frame_number(frame) for frame in media.decode(video=0)]
        assert len(media.streams.audio) == len(spec.audio)
    assert numbers == [n for n in range(spec.frames) if not spec.variable or n % 3 != 1]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has real-time priorities of this kind")
def test_no_encoder_leaves_the_process_with_another_priority(tmp_path: Path) -> None:
    before = os.sched_getscheduler(os.getpid())
    for name in ("av1", "h264_aac", "hevc", "vp9_webm"):
        assert Corpus(tmp_path)[name].exists()
        assert os.sched_getscheduler(os.getpid()) == before, name
