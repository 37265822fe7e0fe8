"""How the command line takes what stops it: Ctrl-C, SIGTERM, a terminal that is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.activities.command.kit import Folder
from tests.media_corpus import Corpus


@contextmanager
def answered_with(handler: signal.Handlers, stop: signal.Signals) -> Iterator[None]:
    """What is started meanwhile takes `stop` so: whoever runs the tests may ignore it (`nohup`), and children would
    too."""
    before = signal.signal(stop, handler)
    try:
        yield
    finally:
        signal.signal(stop, before)


def start_to_render(folder: Folder, video: Path) -> subprocess.Popen[str]:
    """As a terminal does, which sends Ctrl-C to all of a group; at work when it is returned."""
    arguments = ["render", video, folder.ad, "--captions", folder.captions, "--out", folder.path / "out"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "activities.command",
            *map(str, arguments),
            "--cache",
            str(folder.path / "new"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "examining …\n"
    return process


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_nothing_behind(folder: Folder, corpus: Corpus, stop: signal.Signals) -> None:
    with answered_with(signal.SIG_DFL, stop):
        process = start_to_render(folder, corpus["h264_aac"])
    os.killpg(process.pid, stop)
    _, rest = process.communicate(timeout=10)
    assert process.returncode == 130
    assert rest.endswith("stopped: nothing half made is left behind.\n")
    assert "Traceback" not in rest and not (folder.path / "out").exists()


def test_what_a_killed_one_left_is_taken_away_and_nothing_of_one_that_lives(
    folder: Folder, corpus: Corpus
) -> None:
    def at_work() -> set[Path]:
        return set((folder.path / "out").glob(".render-*"))

    killed = start_to_render(folder, corpus["h264_aac"])
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=10)
    left = at_work()
    own_of_somebody = folder.path / "out" / ".render-farm"
    own_of_somebody.mkdir()
    with answered_with(signal.SIG_IGN, signal.SIGHUP):  # which a group gets that stands still with no shell
        living = start_to_render(folder, corpus["h264_aac"])
    os.kill(living.pid, signal.SIGSTOP)
    held = at_work() - {own_of_somebody}
    assert len(left) == len(held) == 1 and left.isdisjoint(held)
    asked = (corpus["h264_aac"], folder.ad, "--captions", folder.captions, "--out", folder.path / "out")
    assert folder.run("render", *asked) == 0
    assert at_work() == {*held, own_of_somebody}
    os.kill(living.pid, signal.SIGCONT)
    _, rest = living.communicate(timeout=60)
    assert living.returncode == 0, rest
    assert at_work() == {own_of_somebody}


def test_it_goes_on_where_it_was_halted(folder: Folder, corpus: Corpus) -> None:
    """Ctrl-Z, and then `fg`."""
    with answered_with(signal.SIG_IGN, signal.SIGHUP):
        process = start_to_render(folder, corpus["h264_aac"])
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(1)
    os.kill(process.pid, signal.SIGCONT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest


def test_it_outlives_a_terminal_where_it_was_told_to(folder: Folder, corpus: Corpus) -> None:
    with answered_with(signal.SIG_IGN, signal.SIGHUP):
        process = start_to_render(folder, corpus["h264_aac"])
    os.killpg(process.pid, signal.SIGHUP)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert (folder.path / "out" / "accessible_video.en.mp4").exists()
