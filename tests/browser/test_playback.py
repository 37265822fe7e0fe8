"""Renders in Chromium and Firefox: time goes on through a pause while the right picture stands, seeking lands on the
right picture before, into and after each pause, and the sound is there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.browser.browsers import Page
from tests.browser.conftest import Played

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

Render = Callable[[str], Played]
KINDS = [
    "h264_aac",
    "no_b_frames",
    "open_gop",
    "film_rate",
    "sixty",
    "variable",
    "mkv",
    "ts",
    "fragmented",
    "vp9_webm",
    "av1",
    "start_offset",
    "late_sound",
    "late_picture",
    "short_sound",
    "mono",
    "surround",
    "no_audio",
    "h264_aac+original",
]
_AHEAD_S = 0.35
"""How far the current time may run ahead of the clock between two looks at it, on a busy machine; a pause that is jumped
is half a second at least."""


@pytest.mark.parametrize("kind", KINDS)
async def test_seeking_shows_the_right_picture(page: Page, played: Render, kind: str) -> None:
    video = played(kind)
    if kind == "open_gop":
        await _skip_unless_the_source_plays(page, video)
    rate = video.plan.timebase.rate
    lengths = [video.plan.duration / rate]
    if video.source:  # A browser may leave the delay of a track out of a file's duration, in the source too.
        lengths.append((await page.run("load", video.source))["duration"])
    opened = await page.run("load", video.name)
    longer = opened["duration"] - video.plan.added / rate
    assert any(longer == pytest.approx(length, abs=0.1) for length in lengths), (longer, lengths)
    wrong = []
    for wanted in _places(video):
        at = video.clear_of_changes(wanted)
        expected = video.number_at(at)
        reached, number = await page.run("seek", at, expected)
        assert reached == pytest.approx(at, abs=0.001)
        if number != expected:
            wrong.append((round(at, 3), number, expected))
    assert not wrong, "(second, picture shown, picture expected)"


async def _skip_unless_the_source_plays(page: Page, video: Played) -> None:
    """Some builds of Chromium cannot seek in open GOPs at all: then the untouched source fails too."""
    await page.run("load", video.source)
    try:
        for number, at in video.pictures:
            assert await page.run("seek", at + 0.02, number) == [pytest.approx(at + 0.02, abs=0.001), number]
    except Exception as error:
        pytest.skip(f"this browser cannot seek in the untouched source: {str(error).splitlines()[0]}")


def _places(video: Played) -> list[float]:
    """Around and in every pause, backwards and forwards, so that seeks cross pauses both ways."""
    found = [0.02, 0.5]
    for start, end in video.pauses_s():
        middle = (start + end) / 2
        found += [
            end + 0.31,
            start - 0.11,
            start + 0.012,
            end - 0.012,
            middle,
            start - 0.021,
            end + 0.021,
        ]
    return found


@pytest.mark.parametrize("kind", ["h264_aac", "film_rate", "mono"])
async def test_time_goes_on_through_a_pause_while_the_picture_stands(
    page: Page, played: Render, kind: str
) -> None:
    video = played(kind)
    await page.run("load", video.name)
    for start, end in video.pauses_s():
        seen = await page.run("watch", start - 0.3, end + 0.3)
        looks = seen["looks"]
        _check_time(looks)
        # A busy machine paints late, and the current time that a script sees lags behind the picture: what counts
        # is what stands in the second half of a pause, but for its last tenth of a second.
        settled = [number for _, at, number in looks if (start + end) / 2 < at < end - 0.12]
        assert len(settled) >= 3, "the browser painted too seldom to tell"
        assert set(settled) == {video.number_at((start + end) / 2)}
        assert looks[0][2] < settled[0] < looks[-1][2], "pictures before and after move"
        assert not [at for at in seen["fresh"] if start + 0.001 < at < end - 0.001], (
            "no picture comes up in a pause"
        )


def _check_time(seen: list[tuple[float, float, int]]) -> None:
    for (clock, at, _), (later_clock, later, _) in pairwise(seen):
        assert later >= at, "time went back"
        assert later - at <= later_clock - clock + _AHEAD_S, "time jumped"


@pytest.mark.parametrize("kind", ["h264_aac", "mono", "surround", "ts", "h264_aac+original"])
async def test_the_described_sound_is_heard(
    page: Page, played: Render, site: tuple[Path, str], kind: str
) -> None:
    """In a pause there is the description while it speaks, and silence after it; elsewhere the programme."""
    video = played(kind)
    heard = await page.run("listen", video.name)
    plan, rate = video.plan, video.plan.timebase.rate
    assert heard["seconds"] == pytest.approx(plan.rendered_duration / rate, abs=0.1)

    def level(start: float, end: float) -> float:
        span = heard["levels"][round(start * 100) : round(end * 100)]
        return float(sum(span) / len(span))

    first, second = plan.placements
    (_, first_end), (_, second_end), (third, third_end) = video.pauses_s()
    for clip in (first, second):
        begins, ends = clip.start / rate, (clip.start + clip.length) / rate
        assert level(begins + 0.05, ends - 0.05) > 0.01, f"description {clip.cue_id} is not heard"
    assert level((first.start + first.length) / rate + 0.05, first_end - 0.03) < 0.003
    assert level((second.start + second.length) / rate + 0.05, second_end - 0.03) < 0.003
    assert level(third + 0.2, third_end - 0.03) < 0.003, "the third pause is silent"
    assert level(third - 0.3, third - 0.1) > 0.01, "the programme is heard before it"
    assert level(third_end + 0.1, third_end + 0.3) > 0.01, "and after it"
