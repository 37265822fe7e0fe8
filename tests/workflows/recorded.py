"""The histories that are committed, and how one is written."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from temporalio.client import WorkflowHandle

HISTORIES = Path(__file__).parent / "histories"
COMMANDS = Path(__file__).parent / "commands.json"
OLDER = "older"
"""The folder of what earlier builds have recorded. Runs of theirs are open for weeks: nothing writes it anew."""
CONTINUED = "continued"
"""Runs that end in a new one, and those: test_long records them, on a server that suggests it early."""


def paths() -> list[Path]:
    """Every history, of this build and of earlier ones."""
    return sorted(HISTORIES.rglob("*.json"))


def title(path: Path) -> str:
    return path.relative_to(HISTORIES).with_suffix("").as_posix()


async def write_history(name: str, handle: WorkflowHandle) -> None:
    HISTORIES.mkdir(exist_ok=True)
    history = await handle.fetch_history()
    assert history.events
    (HISTORIES / f"{name}.json").write_text(without_machine(history.to_json()) + "\n")


def without_machine(history: str) -> str:
    """`history` without stack traces and names of processes: they tell of the machine that recorded it."""
    history = re.sub(r'"stackTrace": "(?:[^"\\]|\\.)*"', '"stackTrace": ""', history)
    return re.sub(rf"\d+@{re.escape(socket.gethostname())}", "worker", history)
