"""A service of the supervisor: a program, its readiness check, and how it is stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from schema.errors import PlatformError

LAUNCH = Path(__file__).with_name("launch.py")
Say = Callable[[str], None]
"""Takes messages for a person to read."""
_LOG_LIMIT = 20 * 2**20


class StartFailed(PlatformError):
    """A part of the stack does not start. The message ends with its last output."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command, with its own environment if `env` is given, run in `cwd`, and by `user` if that is another user."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    user: str | None = None
    cwd: Path | None = None


@dataclass(frozen=True, slots=True)
class Service(Program):
    """A program that is meant to run until it is stopped.

    `ready` returns once the service answers and raises while it does not; `before` runs ahead of every start.
    """

    ready: Callable[[], Awaitable[None]] = field(kw_only=True)
    before: Callable[[], None] | None = field(default=None, kw_only=True)
    stop_signal: signal.Signals = field(default=signal.SIGTERM, kw_only=True)
    grace_s: float = field(default=15.0, kw_only=True)
    ready_s: float = field(default=180.0, kw_only=True)


class Log:
    """The log file of one program. One old file is kept."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.log"

    def open(self) -> int:
        """A descriptor that appends. The caller closes it."""
        if self.path.exists() and self.path.stat().st_size > _LOG_LIMIT:
            self.path.replace(self.path.with_suffix(".log.1"))
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)

    def tail(self, lines: int = 12) -> str:
        """The last lines, indented."""
        if not self.path.exists():
            return "    (it wrote nothing)"
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 16_384))
            words = file.read().decode(errors="replace").splitlines()
        return "\n".join(f"    {line[:400]}" for line in words[-lines:]) or "    (it wrote nothing)"


async def spawn(program: Program, log: Log) -> asyncio.subprocess.Process:
    """Starts `program` in its own process group. It dies with this process, even if this one is killed."""
    out = log.open()
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), program.user or "-"),
            *program.argv,
            env=None if program.env is None else dict(program.env),
            cwd=program.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    finally:
        os.close(out)


def signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Sends a signal to the process and its children, if they are still running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def how_it_ended(returncode: int) -> str:
    """Such as `was killed by SIGKILL` or `ended with exit code 3`."""
    if returncode < 0:
        return f"was killed by {signal.Signals(-returncode).name}"
    return f"ended with exit code {returncode}"
