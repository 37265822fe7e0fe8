"""The supervisor, with real processes that die in every way."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local import supervisor as supervisors
from deploy.local.service import Program, Service, StartFailed
from deploy.local.supervisor import Supervisor
from tests.processes import gone, is_alive

ROOT = Path(__file__).resolve().parents[2]
STEADY = "import time; open('up', 'w').close(); time.sleep(600)"


class Said(list[str]):
    """What the supervisor told a person."""

    @property
    def text(self) -> str:
        return "\n".join(self)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
async def running(tmp_path: Path, said: Said) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path, said.append)
    yield supervisor
    await supervisor.stop()


def script(
    tmp_path: Path, source: str = STEADY, *, name: str = "part", mark: str = "up", **options: object
) -> Service:
    """A Python program; ready when it has made the file `mark`, which is removed ahead of each start."""
    file = tmp_path / mark

    async def ready() -> None:
        file.stat()

    source = source.replace("'up'", repr(str(file)))
    return Service(
        name,
        (sys.executable, "-c", source),
        ready=ready,
        before=lambda: file.unlink(missing_ok=True),
        **options,  # type: ignore[arg-type]
    )


async def test_what_is_killed_is_started_again_and_the_reason_is_told(
    running: Supervisor, tmp_path: Path, said: Said
) -> None:
    await running.start(script(tmp_path, "print('last words', flush=True);" + STEADY))
    first = running.pid("part")
    running.kill("part")
    await running.ready("part")
    assert running.pid("part") not in (None, first)
    assert "part was killed by SIGKILL" in said.text
    assert "last words" in said.text
    assert str(tmp_path / "part.log") in said.text


async def test_what_was_ready_once_is_started_again_however_often_it_dies(
    running: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisors, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisors, "LONGEST_PAUSE_S", 0.01)
    await running.start(script(tmp_path, STEADY))
    lives = supervisors.FIRST_START_ATTEMPTS + 2
    seen = {running.pid("part")}
    for _ in range(lives):
        running.kill("part")
        await running.ready("part")
        seen.add(running.pid("part"))
    assert None not in seen
    assert len(seen) == lives + 1


async def test_the_pause_doubles_while_it_keeps_dying(
    running: Supervisor, tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisors, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisors, "LONGEST_PAUSE_S", 0.04)
    monkeypatch.setattr(supervisors, "_LONGEST_PROBE_S", 0.05)  # it is up for no longer than 0.3 s
    dies = "import sys, time; open('up', 'w').close(); time.sleep(0.3); sys.exit(3)"
    await running.start(script(tmp_path, dies))
    async with asyncio.timeout(120):
        while len(said) < 4:
            await asyncio.sleep(0.02)
    assert "part ended with exit code 3" in said.text
    assert re.findall(r"again in (\S+) s", said.text)[:4] == ["0.01", "0.02", "0.04", "0.04"]


async def test_what_never_starts_is_an_error_that_holds_its_last_words(
    running: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(StartFailed, match="exit code 1") as failure:
        await running.start(script(tmp_path, "raise SystemExit('JWT_SECRET is missing')"))
    assert "JWT_SECRET is missing" in failure.value.message


async def test_a_program_that_is_not_there_is_an_error(running: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="no-such-program"):
        await running.run(Program("task", ("no-such-program",)))


async def test_what_hangs_before_it_is_ready_is_killed(running: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=r"not ready after 0\.2 s"):
        await running.start(script(tmp_path, "import time; time.sleep(600)", ready_s=0.2))


async def test_a_task_that_fails_is_an_error(running: Supervisor) -> None:
    await running.run(Program("task", (sys.executable, "-c", "pass")))
    with pytest.raises(StartFailed, match="task ended with exit code 2"):
        await running.run(Program("task", (sys.executable, "-c", "import sys; sys.exit(2)")))


async def test_a_restart_is_polite_and_is_no_failure(running: Supervisor, tmp_path: Path, said: Said) -> None:
    polite = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('drained', flush=True), sys.exit(0)));"
        + STEADY
    )
    await running.start(script(tmp_path, polite))
    first = running.pid("part")
    await running.restart("part")
    assert running.pid("part") != first
    assert said == []
    assert "drained" in (tmp_path / "part.log").read_text()


async def test_the_last_started_stops_first(running: Supervisor, tmp_path: Path) -> None:
    ends = (
        "import signal, sys, time\n"
        "def end(*_): open({order!r}, 'a').write({name!r} + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n" + STEADY
    )
    order = tmp_path / "order"
    for name in ("database", "api", "worker"):
        source = ends.format(order=str(order), name=name)
        await running.start(script(tmp_path, source, name=name, mark=f"{name}-up"))
    await running.stop()
    assert order.read_text().split() == ["worker", "api", "database"]


async def test_what_ignores_the_signal_is_killed_and_named(
    running: Supervisor, tmp_path: Path, said: Said
) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + STEADY
    await running.start(script(tmp_path, deaf, grace_s=0.2))
    pid = running.pid("part")
    assert pid
    await running.stop()
    assert not is_alive(pid)
    assert "part did not end within 0.2 s" in said.text


async def test_a_dead_parents_children_do_not_stay(running: Supervisor, tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('child', child.pid, flush=True)\n" + STEADY
    )
    await running.start(script(tmp_path, parent))
    child = int((tmp_path / "part.log").read_text().split()[-1])
    running.kill("part")
    await running.ready("part")
    await gone([child])


async def test_a_full_log_is_put_aside(running: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "task.log"
    with log.open("wb") as file:
        file.truncate(21 * 2**20)
    await running.run(Program("task", (sys.executable, "-c", "print('new')")))
    assert log.read_text() == "new\n"
    assert (tmp_path / "task.log.1").stat().st_size == 21 * 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel kills orphans on Linux alone")
async def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    source = f"""
import asyncio, sys
from pathlib import Path
from deploy.local.service import Service
from deploy.local.supervisor import Supervisor
from tests.processes import gone, is_alive

async def ready():
    pass

async def main():
    supervisor = Supervisor(Path({str(tmp_path)!r}))
    await supervisor.start(Service("part", (sys.executable, "-c", "import time; time.sleep(600)"), ready=ready))
    print(supervisor.pid("part"), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout
    part = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    await gone([part])
