"""`make up` as a person meets it: from nothing to its URLs, and back to nothing on Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import psutil
import pytest

from deploy.local.ports import HOST, Ports
from deploy.local.programs import POOLS
from deploy.local.seed import PEOPLE
from tests.processes import is_alive
from tests.stack import data_folder

ROOT = Path(__file__).resolve().parents[2]
ANY_PORT = {field.name.upper(): "0" for field in fields(Ports)}


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder("up") as made:
        yield made


def up(folder: Path, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "up"],
        env=os.environ | ANY_PORT | {"ACCESSIBLE_VIDEO_DATA": str(folder)} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What the process says up to the line with `words`; fails with all of it if that never comes."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def test_up_ends_with_what_to_open_and_ctrl_c_leaves_nothing(folder: Path) -> None:
    process = up(folder)
    try:
        said = read_until(process, "Ctrl-C stops it")
        parts = psutil.Process(process.pid).children(recursive=True)
        docs = re.search(r"http://\S+/docs", said)
        assert docs
        assert b"swagger" in urllib.request.urlopen(docs[0], timeout=10).read().lower()
        assert all(person.email in said for person in PEOPLE)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, rest
    assert "Everything has stopped." in rest
    assert len(parts) >= len(POOLS) + 4
    assert not [part for part in parts if is_alive(part.pid)]
    assert not (folder / "stack.json").exists()
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_a_taken_port_ends_it_in_one_line(folder: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        process = up(folder, API_PORT=str(listener.getsockname()[1]))
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "for api is taken: set API_PORT" in said
    assert "Traceback" not in said


def test_ctrl_c_before_everything_has_started_leaves_nothing_either(folder: Path) -> None:
    process = up(folder)
    read_until(process, "Starting")
    while not (parts := psutil.Process(process.pid).children(recursive=True)):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "Stopped before everything had started." in said
    assert not [part for part in parts if is_alive(part.pid)]
