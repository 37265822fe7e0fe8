"""All that can be made, crossed: each is rendered with three descriptions as a job renders it, verified by the product,
and checked by a checker that shares no code with it."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.activities.media.checker import check_pictures, check_sound, looks
from tests.activities.media.crossed import CASES, COPIED, Case, from_start, make_case
from tests.activities.media.real_kit import rendered
from tests.activities.media.render_kit import sound

_TAGS = {"h264": "avc1", "h264_b": "avc1", "hevc": "hvc1", "vp9": "vp09"}


def check_case(case: Case, folder: Path) -> None:
    source = make_case(case, folder)
    _, plan, result = rendered(source, folder)
    copied = case.picture in COPIED
    assert result.report.picture == ("copied" if copied else "encoded")
    exact = case.container in ("mp4", "mov") and copied
    slack = 0.002 if exact else float(1 / case.rate) + 0.03
    check_pictures(from_start(source), result.path, plan, encoded=not copied, slack=slack)
    check_sound(sound(source), result.path, plan, lag_s=0.004 if exact else 0.03)
    was, now = looks(source), looks(result.path)
    assert (now.aspect, now.rotation) == (was.aspect, was.rotation)
    assert now.colour == was.colour or 2 in was.colour or not copied
    assert now.tag == (_TAGS[case.picture] if copied and case.picture != "hevc" else now.tag)
    with av.open(str(result.path)) as media:
        (heard,) = media.streams.audio
        assert heard.codec_context.codec_tag == "mp4a"
        assert heard.language == "eng"  # of the descriptions


SAMPLE = CASES[:: max(1, len(CASES) // 24)]


@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_a_sample_of_all_that_can_be_made_is_rendered_as_planned(case: Case, tmp_path: Path) -> None:
    check_case(case, tmp_path)


@pytest.mark.fuzz
@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_that_can_be_made_is_rendered_as_planned(case: Case, tmp_path: Path) -> None:
    check_case(case, tmp_path)
