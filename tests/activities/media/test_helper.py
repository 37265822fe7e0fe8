"""Processes that share the work of a render: every item once, whoever is free takes the next."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from activities.media.helper import Taken, helped, helpers

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="helpers are forked on Linux only")


def _note(folder: Path, items: Taken[str]) -> None:
    """A file an item and process: two that take the same one leave two."""
    for number, item in items:
        (folder / f"{number}-{item}-{os.getpid()}").touch()
        time.sleep(0.002)


def _done(folder: Path) -> list[str]:
    return sorted(path.name.rpartition("-")[0] for path in folder.iterdir())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_item_is_taken_once(count: int, tmp_path: Path) -> None:
    items = [f"item{n}" for n in range(40)]
    with helped(items, lambda taken: _note(tmp_path, taken), count) as mine:
        _note(tmp_path, mine)
    assert _done(tmp_path) == sorted(f"{n}-{item}" for n, item in enumerate(items))
    makers = {path.name.rpartition("-")[2] for path in tmp_path.iterdir()}
    assert len(makers) == count + 1, "someone had nothing to do"


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


def test_a_process_with_threads_does_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.active_count", lambda: 2)
    assert helpers() == 0
