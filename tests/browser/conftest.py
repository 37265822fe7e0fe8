"""Real renders of small sources, served to real browsers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio

from activities.media.contract import RenderOptions, RenderResult
from schema.plan.model import Plan
from schema.plan.timemap import TimeMap
from tests.activities.media.render_kit import end_of, make_clip, make_plan, pictures, run
from tests.browser.browsers import BROWSERS, Page, browser
from tests.browser.server import serving
from tests.media_corpus import Corpus

_PLAYER = Path(__file__).with_name("player.html")


@dataclass(frozen=True)
class Played:
    """A render, and what it must show: derived from the source's pictures and the plan, never from the render."""

    name: str
    """Of the file that is served."""
    source: str | None
    """The untouched source, where browsers may play it."""
    plan: Plan
    pictures: tuple[tuple[int, float], ...]
    """(number, second) of the source's pictures."""
    held: TimeMap
    """Of the picture, whose hold may begin a little before the sound's (open GOP)."""

    def number_at(self, seconds: float) -> int:
        """The picture that must stand at a time of the render."""
        tick = round(seconds * self.held.timebase.rate)
        pause, source = self.held.held_at(tick), self.held.to_source(tick) / self.held.timebase.rate
        before = [number for number, at in self.pictures if at < source or (at == source and pause is None)]
        return before[-1] if before else self.pictures[0][0]

    def pauses_s(self) -> list[tuple[float, float]]:
        rate = self.held.timebase.rate
        return [(pause.start / rate, (pause.start + pause.length) / rate) for pause in self.held.pauses]

    def changes_s(self) -> list[float]:
        """When another picture comes up."""
        rate = self.held.timebase.rate
        return [self.held.to_render(round(at * rate), "after") / rate for _, at in self.pictures]

    def clear_of_changes(self, seconds: float) -> float:
        """`seconds`, or a little earlier, so that a player's rounding does not decide which picture it is."""
        near = [at for at in self.changes_s() if abs(at - seconds) < 0.005]
        return near[0] - 0.006 if near else seconds


def plan_of(name: str, seconds: float) -> Plan:
    """Three pauses in the first four seconds: inside a picture, on a picture's first tick, and near the end."""
    rate = 44_100 if name == "mono" else 48_000
    pauses = [(rate + 517, 38), (rate * 2, 57), (rate * 33 // 10 + 100, 48)]
    first = pauses[0][0] + 4 * 1024
    second = pauses[1][0] + 38 * 1024 + 4 * 1024
    return make_plan(pauses, [(first, 28 * 1024), (second, 44 * 1024)], rate=rate, seconds=seconds)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the address that serves it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(_PLAYER, folder)
    with serving(folder) as address:
        yield folder, address


@pytest.fixture(scope="session")
def played(corpus: Corpus, site: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Renders a kind of source, once a session."""

    @cache
    def render(name: str) -> Played:
        folder = tmp_path_factory.mktemp("render")
        kind, both = name.removesuffix("+original"), name.endswith("+original")
        plan = plan_of(kind, end_of(corpus[kind]))
        clip = make_clip(folder / "clip.wav", 1.0, plan.timebase.rate)
        result = run(corpus[kind], plan, folder, clip, RenderOptions(both_tracks=both))
        shutil.copy(result.path, site[0] / f"{name}.mp4")
        source = None
        if corpus[kind].suffix == ".mp4":
            source = shutil.copy(corpus[kind], site[0] / f"{kind}.source.mp4").name
        shown = tuple((number, float(at)) for number, at in pictures(corpus[kind]))
        return Played(f"{name}.mp4", source, plan, shown, held_map(plan, result))

    return render


def held_map(plan: Plan, result: RenderResult) -> TimeMap:
    """Of the picture of a render."""
    shifts, timebase = dict(result.report.picture_shift_ms), plan.timebase
    moved = [
        pause.model_copy(update={"at": pause.at - timebase.to_ticks(shifts.get(index, 0))})
        for index, pause in enumerate(plan.pauses)
    ]
    return TimeMap.from_pauses(moved, plan.duration, timebase)


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=sorted(BROWSERS))
async def page(request: pytest.FixtureRequest, site: tuple[Path, str]) -> AsyncIterator[Page]:
    """The player, open in each browser that is here."""
    async with browser(request.param) as opened:
        await opened.open(f"{site[1]}/player.html")
        yield opened
