"""The demo against the whole platform, on six seconds of video."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import av
import pytest
import pytest_asyncio
from rich.console import Console

from deploy.local.demo.options import Options, Platform
from deploy.local.demo.screen import Screen
from deploy.local.demo.show import Show
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from schema.vtt import parse
from tests.deploy.demo.parts import DEMO_POOLS, END_AT_ONCE
from tests.deploy.demo.video import SECONDS, talking_video
from tests.stack import data_folder

ROOT = Path(__file__).parents[3]
_MADE = (
    "captions.vtt",
    "audio_description.vtt",
    "audio_description.mp3",
    "accessible_video.mp4",
    "retimed_captions.vtt",
    "retimed_audio_description.vtt",
    "time_map.json",
    "report.json",
    "clips.json",
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with data_folder("demo") as made:
        yield made


@pytest.fixture(scope="module")
def video(folder: Path) -> Path:
    return talking_video(folder / "Old museum.mp4")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(folder: Path) -> AsyncIterator[Stack]:
    async with Stack(
        folder / "data",
        ports=Ports.free(),
        pools=DEMO_POOLS,
        settings=END_AT_ONCE,
        durable=False,
        say=lambda _: None,
    ) as running:
        yield running


@pytest.fixture
def platform(stack: Stack) -> Platform:
    return Platform(stack.urls["api"], stack.urls["temporal_ui"], stack.keys.seed_password)


class Run:
    """One show on a screen that is no terminal."""

    def __init__(
        self, platform: Platform, video: Path, out: Path, *languages: str, manual: bool = False
    ) -> None:
        self.paper = io.StringIO()
        self.folder = out / video.stem
        options = Options(video, video.stem, languages, scripts=(), manual=manual, out=out, keep=False)
        self.show = Show(options, platform, Screen(Console(file=self.paper, width=200, highlight=False)))

    @property
    def said(self) -> str:
        return self.paper.getvalue()


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as file:
        for stream in file.streams:
            assert sum(1 for _ in file.decode(stream)) > 0, stream
            file.seek(0)
        assert file.duration is not None
        return file.duration / av.time_base


async def test_one_video_through_every_step(platform: Platform, video: Path, tmp_path: Path) -> None:
    run = Run(platform, video, tmp_path, "es", "tlh")
    assert await run.show.run() == 0, run.said
    spanish = "es is left out" not in run.said
    assert spanish or "apertium-eng-spa" in run.said
    made = ("en", "es") if spanish else ("en",)
    assert {path.name for path in run.folder.iterdir()} >= {
        f"{code}.{name}" for code in made for name in _MADE
    }
    for code in made:
        check_outputs(run.folder, code)
    assert "museum" in (run.folder / "en.captions.vtt").read_text().lower()
    assert "MUSEUM" in (run.folder / "en.audio_description.vtt").read_text()
    assert "tlh is left out" in run.said
    for who in ("Rosa Reviewer (reviewer) approves", "Mina Manager (project manager) completes"):
        assert who in run.said
    if spanish:
        assert "Luis Linguist (linguist) submits es" in run.said
    for step in ("probe", "synthesize", "mux", "final review"):
        assert f"│ {step} " in run.said, run.said
    # Beside one another, of a video of seconds: one may be over before it is told of.
    assert "│ transcribe " in run.said or "│ describe " in run.said, run.said


def check_outputs(folder: Path, code: str) -> None:
    """They open, and their lengths agree with one another."""
    time_map = json.loads((folder / f"{code}.time_map.json").read_text())
    added_s = sum(pause["end_ms"] - pause["start_ms"] for pause in time_map["pauses"]) / 1000
    assert seconds_of(folder / f"{code}.accessible_video.mp4") == pytest.approx(SECONDS + added_s, abs=0.1)
    assert seconds_of(folder / f"{code}.audio_description.mp3") == pytest.approx(SECONDS + added_s, abs=0.2)
    for text in folder.glob(f"{code}.*.vtt"):
        assert parse(text.read_text(encoding="utf-8")).document.cues, text.name


async def test_a_person_calls_what_manual_prints(platform: Platform, video: Path, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    run = Run(platform, video, tmp_path, manual=True)
    task = asyncio.create_task(run.show.run())
    called: set[str] = set()
    while not task.done():
        await asyncio.sleep(0.2)
        for line in run.said.splitlines():
            if line.startswith("  curl") and "auth/login" not in line and line not in called:
                called.add(line)
                await call(line.strip())
    assert await task == 0, run.said
    assert sorted(line.split()[3].rpartition("/")[2] for line in called) == ["approve_source", "complete"]
    assert (run.folder / "en.accessible_video.mp4").exists()


async def call(line: str) -> None:
    """As a person would, in a shell."""
    process = await asyncio.create_subprocess_shell(
        f"{line} --fail --silent --show-error",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()


async def test_a_failed_step_shows_why_and_how_to_retry(platform: Platform, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video" * 4096)
    run = Run(platform, broken, tmp_path / "out")
    assert await run.show.run() == 1
    assert "The probe step failed:" in run.said
    assert "/retry" in run.said
    assert "signal `retry`" in run.said
    assert not run.folder.exists()


async def test_ctrl_c_stops_the_demo_and_leaves_a_platform_that_was_there(
    stack: Stack, video: Path, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local.demo", str(video), "--languages", "", "--out", str(tmp_path)),
        env=os.environ | {"ACCESSIBLE_VIDEO_DATA": str(stack.data)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = await until(process, "drafts")
    process.send_signal(signal.SIGINT)
    assert process.stdout
    said += (await process.stdout.read()).decode()
    assert await process.wait() == 130, said
    assert "The platform runs already" in said
    assert "What was done is kept" in said
    assert "Traceback" not in said
    assert all(stack.pid(name) for name in stack.names)


async def until(process: asyncio.subprocess.Process, words: str) -> str:
    said = ""
    assert process.stdout
    while words not in said:
        line = await process.stdout.readline()
        assert line, said
        said += line.decode()
    return said
