"""A process that stays: what it keeps, and how it ends."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from activities.local.resident import Resident, Residents
from schema.errors import ProviderFailed


async def test_stays_between_calls_and_ends_when_closed() -> None:
    resident = Resident()
    first = await resident.call(os.getpid, timeout_s=30)
    assert first != os.getpid()
    assert await resident.call(os.getpid, timeout_s=30) == first
    resident.close()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert await resident.call(os.getpid, timeout_s=30) != first
    resident.close()


async def test_an_error_of_the_work_leaves_it_running() -> None:
    resident = Resident()
    first = await resident.call(os.getpid, timeout_s=30)
    with pytest.raises(RuntimeError, match=r"ValueError: .*math domain"):
        await resident.call(math.sqrt, -1, timeout_s=30)
    assert await resident.call(os.getpid, timeout_s=30) == first
    resident.close()


async def test_work_that_hangs_is_ended_and_may_be_tried_again() -> None:
    resident = Resident()
    with pytest.raises(ProviderFailed, match=r"sleep took over 1 s") as failed:
        await resident.call(time.sleep, 600, timeout_s=1)
    assert failed.value.retryable
    assert await resident.call(math.sqrt, 4, timeout_s=30) == 2
    resident.close()


async def test_work_that_kills_its_process_may_be_tried_again() -> None:
    resident = Resident()
    with pytest.raises(ProviderFailed, match="died") as failed:
        await resident.call(os._exit, 11, timeout_s=30)
    assert failed.value.retryable
    assert await resident.call(math.sqrt, 4, timeout_s=30) == 2
    resident.close()


async def test_a_cancel_ends_the_process() -> None:
    resident = Resident()
    pid = await resident.call(os.getpid, timeout_s=30)
    work = asyncio.create_task(resident.call(time.sleep, 600, timeout_s=600))
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_one_that_is_free_serves_the_next_work_and_ends_when_nobody_asks() -> None:
    residents = Residents(kept_s=0.2)
    with residents.one() as first, residents.one() as second:
        pids = [await each.call(os.getpid, timeout_s=30) for each in (first, second)]
        assert pids[0] != pids[1]
    with residents.one() as third:
        assert await third.call(os.getpid, timeout_s=30) in pids
        await asyncio.sleep(0.5)
        assert await third.call(os.getpid, timeout_s=30) in pids, "one that works is not ended"
    async with asyncio.timeout(120):
        while any(map(alive, pids)):
            await asyncio.sleep(0.02)
    with residents.one() as fourth:
        last = await fourth.call(os.getpid, timeout_s=30)
    assert last not in pids
    residents.close()
    assert not alive(last)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


PARENT = """
import asyncio, os, sys
from activities.local.resident import Resident, Residents
async def main():
    resident = Resident()
    print(await resident.call(os.getpid, timeout_s=30), flush=True)
    await asyncio.sleep(600)
if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_a_worker_that_is_killed_takes_it_along(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = Path(f"/proc/{int(parent.stdout.readline())}/stat")
        assert child.exists()
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while child.exists() and child.read_text().rsplit(")", 1)[1].split()[0] not in "ZX":
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
