"""Child processes: what they answer, and that none outlives whoever waits for it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from activities.ports import Progress
from activities.running.child import run_in_child
from schema.errors import MediaRefused, ProviderFailed

FULL = Path("/dev/full")


def halve(number: int, progress: Progress) -> int:
    progress(0.5, "halving")
    if number % 2:
        raise MediaRefused(f"{number} is odd.")
    return number // 2


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def wait(told: Path) -> None:
    (told / str(os.getpid())).touch()
    time.sleep(600)


async def test_a_child_answers_tells_its_progress_and_raises_what_was_raised() -> None:
    heard: list[tuple[float, str]] = []
    assert await run_in_child(halve, 8, on_progress=lambda share, words: heard.append((share, words))) == 4
    assert heard == [(0.5, "halving")]
    with pytest.raises(MediaRefused, match="7 is odd"):
        await run_in_child(halve, 7)
    with pytest.raises(ProviderFailed, match=r"exit code -11"):
        await run_in_child(crash)


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
async def test_a_full_disk_is_said_and_is_worth_another_attempt() -> None:
    with pytest.raises(ProviderFailed, match="The disk is full: make room") as refused:
        await run_in_child(FULL.write_bytes, b"x")
    assert refused.value.retryable


async def test_a_cancel_kills_the_child(tmp_path: Path) -> None:
    task = asyncio.create_task(run_in_child(wait, tmp_path))
    child = await asyncio.to_thread(_child, tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _alive(child)


async def test_a_cancel_while_the_child_starts_and_another_leave_none(tmp_path: Path) -> None:
    await run_in_child(halve, 2)  # what children are forked from is there
    task = asyncio.create_task(run_in_child(wait, tmp_path))
    for _ in range(2):
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.3)  # in which one that was forgotten would have begun
    assert not [told for told in tmp_path.iterdir() if _alive(int(told.name))]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux only")
def test_a_worker_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys; from activities.running.child import run_in_child; "
        "from tests.activities.running.test_child import wait; "
        "asyncio.run(run_in_child(wait, pathlib.Path(sys.argv[1])))"
    )
    worker = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    child = _child(tmp_path)
    nursery = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
    assert nursery != worker.pid
    worker.kill()
    worker.wait()
    _until(lambda: not _alive(child) and not _alive(nursery))


def _child(told: Path) -> int:
    _until(lambda: any(told.iterdir()))
    return int(next(told.iterdir()).name)


def _alive(process: int) -> bool:
    """A zombie is not: whoever adopts it may be slow to bury it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end, "nothing happened for 30 s"
        time.sleep(0.01)
