"""A render of every container and coding that comes in, in Chromium and Firefox: seeking over each pause, both ways, lands
on the right picture."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from pathlib import Path

import av
import pytest

from schema.plan.timemap import TimeMap
from tests.activities.media.crossed import CASES, CONTAINERS, COPIED, from_start, make_case
from tests.activities.media.real_kit import rendered
from tests.activities.media.render_kit import pictures
from tests.browser.browsers import Page
from tests.browser.conftest import held_map
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_theora import make_theora

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_HEVC = 'video/mp4; codecs="hvc1.1.6.L60.90"'
_SMALL = {"seconds": 3.0, "width": 160, "height": 96, "options": dict[str, str]()}


@dataclass(frozen=True)
class Source:
    """`pictures` are (number, second) from presentation time 0 on. A picture may come up by `slack` seconds earlier or
    later in the render, where its clock or its rate is another."""

    path: Path
    pictures: list[tuple[int, Fraction]]
    slack: float


@dataclass(frozen=True)
class Rendered:
    name: str
    hevc: bool
    held: TimeMap
    source: Source

    def may_stand(self, seconds: float) -> set[int]:
        """The pictures that may stand at a time of the render."""
        rate, slack = self.held.timebase.rate, self.source.slack
        tick = round(seconds * rate)
        at, paused = self.held.to_source(tick) / rate, self.held.held_at(tick) is not None
        shown = self.source.pictures
        begun = [number for number, begins in shown if begins <= at - slack] or [shown[0][0]]
        until = at - 1 / rate if paused and not slack else at + slack
        return {begun[-1], *(number for number, begins in shown if at - slack < begins <= until)}


def _crossed(container: str, picture: str, folder: Path) -> Source:
    case = next(
        case for case in CASES if (case.container, case.picture, case.shape) == (container, picture, "plain")
    )
    path = make_case(case, folder)
    exact = container in ("mp4", "mov") and picture in COPIED
    return Source(path, from_start(path), 0.002 if exact else float(1 / case.rate) + 0.03)


def _made(extension: str, spec: Spec, folder: Path) -> Source:
    path = make_video(folder / f"source.{extension}", spec)
    return Source(path, pictures(path), float(1 / spec.rate) + 0.03)


def _theora(folder: Path) -> Source:
    """PyAV takes the empty packet, by which Theora repeats a picture, for the end: another file tells its pictures."""
    like = make_video(folder / "like.mkv", Spec(seconds=3.0))
    return Source(make_theora(like, folder / "source.ogv"), pictures(like), 0.07)


KINDS: dict[str, Callable[[Path], Source]] = {
    f"{container}-{picture}": partial(_crossed, container, picture)
    for container, (codings, _) in CONTAINERS.items()
    for picture in codings
} | {
    "ogv-theora": _theora,
    "wmv-wmv2": partial(_made, "wmv", Spec(**_SMALL | {"codec": "wmv2", "audio": (Audio("wmav2"),)})),  # type: ignore[arg-type]
    "3gp-h264": partial(_made, "3gp", Spec(**_SMALL | {"options": dict(X264_CLOSED)})),  # type: ignore[arg-type]
    "3gp-mpeg4": partial(_made, "3gp", Spec(**_SMALL | {"codec": "mpeg4"})),  # type: ignore[arg-type]
    "mpg-mpeg2": partial(_made, "mpg", Spec(**_SMALL | {"codec": "mpeg2video", "audio": (Audio("mp2"),)})),  # type: ignore[arg-type]
    "dv-dv": partial(
        _made,
        "mov",
        Spec(
            seconds=3.0, width=720, height=576, codec="dvvideo", options={}, audio=(Audio("pcm_s16le"),)
        ),
    ),
}  # fmt: skip
SAMPLE = ("mov-prores", "flv-h264_b", "avi-mpeg4", "mxf-mpeg2", "wmv-wmv2", "3gp-h264")
"""Containers that no other test of the browsers plays."""


@pytest.fixture(scope="session")
def render(site: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Rendered]:
    @cache
    def once(kind: str) -> Rendered:
        folder = tmp_path_factory.mktemp("container")
        source = KINDS[kind](folder)
        _, plan, result = rendered(source.path, folder)
        name = f"container-{kind}.mp4"
        shutil.copy(result.path, site[0] / name)
        with av.open(str(result.path)) as media:
            hevc = media.streams.video[0].codec_context.name == "hevc"
        return Rendered(name, hevc, held_map(plan, result), source)

    return once


async def _play(page: Page, videos: Iterable[Rendered]) -> None:
    wrong = []
    for video in videos:
        if video.hevc and not await page.run(
            "(type) => document.createElement('video').canPlayType(type)", _HEVC
        ):
            continue  # Debian's Chromium has no licence to
        opened, rate = await page.run("load", video.name), video.held.timebase.rate
        assert opened["width"] > 0
        for at in _places(video):
            expected = video.may_stand(at)
            reached, number = await page.run("seek", at, sorted(expected))
            if number not in expected or reached != pytest.approx(at, abs=1 / rate + 0.001):
                wrong.append((video.name, round(at, 3), number, expected))
    assert not wrong, "(file, second, picture shown, pictures expected)"


def _places(video: Rendered) -> list[float]:
    """Around and in every pause, so that seeks cross pauses both ways."""
    rate, found = video.held.timebase.rate, [0.02]
    for pause in video.held.pauses:
        start, end = pause.start / rate, (pause.start + pause.length) / rate
        found += [end + 0.31, start - 0.11, start + 0.03, end - 0.03, end + 0.05, (start + end) / 2]
    return found


async def test_renders_of_several_containers_play(page: Page, render: Callable[[str], Rendered]) -> None:
    await _play(page, [render(kind) for kind in SAMPLE])


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", KINDS)
async def test_a_render_of_every_container_plays(
    page: Page, render: Callable[[str], Rendered], kind: str
) -> None:
    await _play(page, [render(kind)])
