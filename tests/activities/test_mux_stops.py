"""A render in the child process that the mux step gives it: a cancel stops it at once and leaves nothing, and one that
was killed is made again, byte for byte."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from activities.media.cache import RangeCache
from activities.media.contract import ClipFile, RenderInput, RenderOptions
from activities.report.facts import Rendered, render_with_facts
from activities.running.child import run_in_child
from schema.errors import ProviderFailed
from tests.activities.media.render_kit import make_clip, make_plan
from tests.media_factory import Audio, Spec, make_video

RATE = 48_000
SECONDS = 40


@dataclass(frozen=True)
class Case:
    given: RenderInput
    sha256: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Forty seconds with a description every other second, all of its sound encoded again, and what becomes of it."""
    folder = tmp_path_factory.mktemp("stops")
    spec = Spec(seconds=SECONDS, width=160, height=96, audio=(Audio("aac"), Audio("aac", language="spa")))
    source = make_video(folder / "source.mp4", spec)
    pauses = [(n * RATE, 40) for n in range(1, SECONDS - 1, 2)]
    places = [(at + index * 40 * 1024 + 500, RATE // 2) for index, (at, _) in enumerate(pauses)]
    plan = make_plan(pauses, places, seconds=SECONDS)
    clip = ClipFile(make_clip(folder / "clip.wav", 0.5))
    given = RenderInput(
        source,
        plan,
        {placement.cue_id: clip for placement in plan.placements},
        folder / "whole.mp4",
        folder / "cache",
        RenderOptions(coder="twoloop"),
    )
    rendered = render_with_facts(given, None, lambda share, words: None)
    return Case(given, rendered.facts.sha256)


def fresh(case: Case, folder: Path) -> RenderInput:
    (folder / "out").mkdir()
    return replace(case.given, output=folder / "out" / "made.mp4", cache=folder / "cache")


def renders() -> list[psutil.Process]:
    """What `run_in_child` has forked: the children of the nursery, which outlives them."""
    nurseries = [child for child in psutil.Process().children() if "forkserver" in told_of(child)]
    return [child for nursery in nurseries for child in nursery.children()]


def helpers() -> list[psutil.Process]:
    return [helper for render in renders() for helper in render.children()]


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def told_of(process: psutil.Process) -> str:
    return " ".join(process.cmdline()) if process.status() != "zombie" else ""


def half_made(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(("making-", "."))]


async def stopped_at(
    given: RenderInput, phase: str, stop: Callable[[asyncio.Task[Rendered]], object]
) -> None:
    """Render until a phase is reported, `stop` it there, and wait until it has ended."""
    reached = asyncio.Event()

    def told(share: float, words: str) -> None:
        if words == phase:
            reached.set()

    task = asyncio.create_task(run_in_child(render_with_facts, given, None, on_progress=told))
    await reached.wait()
    helping = helpers()
    stop(task)
    with pytest.raises((asyncio.CancelledError, ProviderFailed)):
        await task
    assert renders() == []
    while any(lives(helper) for helper in helping):  # the kernel ends those of a render that was killed
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("phase", ["sound", "writing"])
async def test_a_cancel_stops_it_and_leaves_nothing(whole: Case, tmp_path: Path, phase: str) -> None:
    given = fresh(whole, tmp_path)
    await stopped_at(given, phase, lambda task: task.cancel())
    assert half_made(tmp_path) == []
    if phase == "sound":
        assert list(given.output.parent.iterdir()) == []


async def test_a_kill_and_another_try_end_with_the_same_bytes(whole: Case, tmp_path: Path) -> None:
    given = fresh(whole, tmp_path)

    def kill(task: asyncio.Task[Rendered]) -> None:
        (render,) = renders()
        render.kill()

    await stopped_at(given, "sound", kill)
    made = await run_in_child(render_with_facts, given, None)
    assert made.facts.sha256 == whole.sha256
    assert hashlib.sha256(given.output.read_bytes()).hexdigest() == whole.sha256


async def test_a_render_whose_helper_dies_ends_alike(whole: Case, tmp_path: Path) -> None:
    """The second process of a machine with two cores."""
    given = fresh(whole, tmp_path)
    killed: list[int] = []

    def told(share: float, words: str) -> None:
        if words == "sound" and not killed:
            for helper in helpers():
                helper.kill()
                killed.append(helper.pid)

    made = await run_in_child(render_with_facts, given, None, on_progress=told)
    assert killed or len(os.sched_getaffinity(0)) == 1
    assert made.facts.sha256 == whole.sha256


def test_what_a_killed_render_left_half_made_is_taken_away_in_time(tmp_path: Path) -> None:
    cache = RangeCache(tmp_path)
    cache.value("levels", "kept", lambda: 1)
    folder = cache.path("levels", "kept").parent
    old, new = folder / "making-old", folder / "making-new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7 * 3600,) * 2)
    cache.trim()
    assert sorted(path.name for path in folder.iterdir()) == ["kept", "making-new"]
