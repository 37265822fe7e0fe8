"""Processes that share the work of a render: every item once, whoever is free takes the next."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from activities.media.mix.helper import Taken, helped, helpers

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="helpers are forked on Linux only")


def _note(folder: Path, items: Taken[str], makers: int = 1) -> None:
    """A file an item and process: two that take the same one leave two. Nobody takes a second before `makers` have
    taken one."""
    for number, item in items:
        (folder / f"{number}-{item}-{os.getpid()}").touch()
        end = time.monotonic() + 30
        while len(_makers(folder)) < makers:
            assert time.monotonic() < end, "someone had nothing to do"
            time.sleep(0.002)


def _makers(folder: Path) -> set[str]:
    return {path.name.rpartition("-")[2] for path in folder.iterdir()}


def _done(folder: Path) -> list[str]:
    return sorted(path.name.rpartition("-")[0] for path in folder.iterdir())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_item_is_taken_once(count: int, tmp_path: Path) -> None:
    items = [f"item{n}" for n in range(40)]
    with helped(items, lambda taken: _note(tmp_path, taken, count + 1), count) as mine:
        _note(tmp_path, mine, count + 1)
    assert _done(tmp_path) == sorted(f"{n}-{item}" for n, item in enumerate(items))
    assert len(_makers(tmp_path)) == count + 1


def test_a_helper_that_dies_leaves_the_rest_to_the_others(tmp_path: Path) -> None:
    with helped(["a", "b", "c"], lambda taken: os.kill(os.getpid(), signal.SIGKILL), 1) as mine:
        _note(tmp_path, mine)
    assert _done(tmp_path) == ["0-a", "1-b", "2-c"]


def test_a_block_that_fails_ends_its_helpers(tmp_path: Path) -> None:
    def wait(_: Taken[str]) -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(60)

    began = time.monotonic()
    with pytest.raises(KeyError), helped(["a"], wait, 1):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.001)
        raise KeyError
    assert time.monotonic() - began < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_end_while_helpers_are_waited_for_lets_them_tidy_up(tmp_path: Path) -> None:
    """Nothing is left to this process by then, and what a helper is writing must not stay behind."""
    half = tmp_path / "half-made"

    def write(_: Taken[str]) -> None:
        half.touch()
        try:
            time.sleep(60)
        finally:
            half.unlink()

    def end(number: int, frame: object) -> None:
        raise KeyError

    before = signal.signal(signal.SIGALRM, end)
    try:
        with pytest.raises(KeyError), helped(["a"], write, 1):
            while not half.exists():
                time.sleep(0.001)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not half.exists()


def test_a_process_with_threads_does_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.active_count", lambda: 2)
    assert helpers() == 0
