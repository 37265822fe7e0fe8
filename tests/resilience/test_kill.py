"""kill -9 of every process in the middle of a job: the job finishes, nothing is doubled, nothing is lost."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from rich.console import Console

from activities.storage import GoogleStorage
from deploy.local.demo.options import Options, Platform
from deploy.local.demo.screen import Screen
from deploy.local.demo.show import Show
from deploy.local.ports import Ports
from deploy.local.programs import POOLS
from deploy.local.stack import BUCKET, Stack
from tests.deploy.demo.video import talking_video
from tests.stack import data_folder

WORKERS_BY_STATUS = {
    "probing": "worker-probe",
    "transcribing": "worker-transcribe",
    "describing": "worker-describe",
    "synthesizing": "worker-synthesize",
    "muxing": "worker-mux",
}
PARTS = ("api", "storage", "temporal", "postgres", "worker-jobs", "worker-records")
ON_THE_WAY = (
    "probing",
    "transcribing",
    "describing",
    "pending_qc",
    "synthesizing",
    "muxing",
    "pending_final_review",
)
PAID = (".mp4", ".mp3", "words.json", "sight.json", "speech.flac")
STATUSES = tuple(WORKERS_BY_STATUS)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with data_folder("kill") as made:
        yield made


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the stack told a person."""
    return []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(folder: Path, said: list[str]) -> AsyncIterator[Stack]:
    async with Stack(folder / "data", ports=Ports.free(), say=said.append) as running:
        yield running


async def ask(stack: Stack, question: str, *values: object) -> list[Any]:
    """The rows, or none while Postgres is down."""
    try:
        connection = await asyncpg.connect(stack.server.dsn().replace("+asyncpg", ""), timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return []
    try:
        return list(await connection.fetch(question, *values))
    except (OSError, asyncpg.PostgresError):
        return []
    finally:
        await connection.close(timeout=5)


async def killer(stack: Stack, title: str, at: dict[str, list[str]], killed: list[tuple[str, str]]) -> None:
    """kill -9 of what `at` names, in its order, once the job has come to each status, or past it where another's death
    took longer; one after the other, each back before the next."""
    while at:
        rows = await ask(stack, "select status from jobs where title = $1", title)
        status = rows[0]["status"] if rows else None
        due = next(iter(at))
        if status not in ON_THE_WAY[ON_THE_WAY.index(due) :]:
            await asyncio.sleep(0.05)
            continue
        for name in at.pop(due):
            stack.kill(name)
            killed.append((status, name))
            await asyncio.sleep(0.3)
            await stack.ready(name, 90)


async def run_job(stack: Stack, folder: Path, title: str, at: dict[str, list[str]]) -> list[tuple[str, str]]:
    """One video through every step by the demo's people, who are patient, while its processes are killed."""
    paper = io.StringIO()
    video = talking_video(folder / f"{title}.mp4")
    options = Options(video, title, (), scripts=(), manual=False, out=folder / "out", keep=False)
    platform = Platform(stack.urls["api"], stack.urls["temporal_ui"], stack.keys.seed_password)
    show = Show(options, platform, Screen(Console(file=paper, width=200, highlight=False)))
    killed: list[tuple[str, str]] = []
    killing = asyncio.create_task(killer(stack, title, at, killed))
    try:
        assert await show.run() == 0, paper.getvalue()
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)
    return killed


async def check(stack: Stack, title: str) -> None:
    """Complete, with each text, clip, render and decision there once."""
    (job,) = await ask(stack, "select id, status from jobs where title = $1", title)
    assert job["status"] == "completed"
    texts = await ask(stack, "select kind, version, origin from text_versions where job_id = $1", job["id"])
    assert Counter((row["kind"], row["origin"]) for row in texts if row["origin"] == "draft") == {
        ("captions", "draft"): 1,
        ("audio_description", "draft"): 1,
    }
    events = await ask(stack, "select type from job_events where job_id = $1", job["id"])
    taken = Counter(row["type"] for row in events)
    assert (taken["approve_source"], taken["complete"]) == (1, 1)
    assets = await ask(stack, "select kind, object_name, size_bytes from assets where job_id = $1", job["id"])
    assert max(Counter(row["kind"] for row in assets).values()) == 1
    store = GoogleStorage(
        BUCKET, endpoint=stack.env["STORAGE_ENDPOINT"], signing_key=Path(stack.env["STORAGE_SIGNING_KEY"])
    )
    try:
        stored = {info.name: info.size for info in await store.list_prefix(f"jobs/{job['id']}/")}
    finally:
        store.close()
    assert {row["object_name"]: row["size_bytes"] for row in assets}.items() <= stored.items()
    made = Counter(name.rsplit("/", 1)[-1] for name in stored if name.endswith(PAID))
    doubled = {name: count for name, count in made.items() if count > 1}
    assert not doubled, "made twice, under another hash"


@pytest.mark.timeout(600)
async def test_every_worker_dies_in_its_own_step(stack: Stack, folder: Path) -> None:
    """A job a worker, at once: an attempt that died is taken up when its heartbeats have been missed for 30 s."""
    titles = {status: f"{status} dies" for status in WORKERS_BY_STATUS}
    runs = (
        run_job(stack, folder, titles[status], {status: [name]}) for status, name in WORKERS_BY_STATUS.items()
    )
    killed = {
        name
        for run in await asyncio.gather(*runs)
        for status, name in run
        if WORKERS_BY_STATUS.get(status) == name
    }
    assert len(killed) >= 3, f"too quick to be killed: {killed}"
    for title in titles.values():
        await check(stack, title)


@pytest.mark.timeout(600)
async def test_every_other_process_dies_on_the_way(stack: Stack, folder: Path) -> None:
    at = {"transcribing": ["api", "storage", "worker-records"], "pending_qc": ["temporal"]}
    at |= {"synthesizing": ["postgres", "worker-jobs"]}
    killed = await run_job(stack, folder, "The rest dies", at)
    assert {name for _, name in killed} == set(PARTS), f"too quick to be killed: {killed}"
    await check(stack, "The rest dies")


async def test_the_api_and_every_worker_come_back_when_all_die_at_once(stack: Stack, said: list[str]) -> None:
    names = ["api", *(f"worker-{pool}" for pool in POOLS)]
    before = {name: stack.pid(name) for name in names}
    said.clear()
    for name in names:
        stack.kill(name)
    await asyncio.gather(*(stack.ready(name) for name in names))
    assert not set(before.values()) & {stack.pid(name) for name in names}
    assert len([words for words in said if "was killed by SIGKILL" in words]) == len(names)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", [*PARTS, *WORKERS_BY_STATUS.values()])
async def test_each_process_dies_at_each_step(stack: Stack, folder: Path, name: str) -> None:
    title = f"{name} at every step"
    killed = await run_job(stack, folder, title, {status: [name] for status in STATUSES})
    assert killed
    await check(stack, title)
