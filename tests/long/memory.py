"""How much memory the processes of a stack hold, looked at again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

from deploy.local.stack import Stack


@dataclass(slots=True)
class Memory:
    """MiB by service and time: what a service's process and its children hold for themselves. What they share, such
    as Postgres's buffers and mapped files, is left out: it is counted once by the kernel and bounded elsewhere."""

    samples: list[tuple[datetime, dict[str, float]]] = field(default_factory=list)

    @property
    def services(self) -> list[str]:
        return sorted({name for _, sample in self.samples for name in sample})

    def peak(self, service: str, since: datetime | None = None, until: datetime | None = None) -> float:
        """The most within a span, ends included; 0 where nothing was seen."""
        return max(
            (
                sample.get(service, 0.0)
                for at, sample in self.samples
                if (since is None or at >= since) and (until is None or at <= until)
            ),
            default=0.0,
        )


def with_room(mb: float) -> float:
    """What a process may hold that held `mb` for less of a video: packet tables, words and texts grow with it, by far
    less than its pictures and sound would."""
    return mb * 1.25 + 48


@asynccontextmanager
async def watched(stack: Stack, every_s: float) -> AsyncIterator[Memory]:
    """Sampled every so many seconds while the block runs."""
    memory = Memory()

    async def sample() -> None:
        while True:
            now = datetime.now(UTC)
            memory.samples.append((now, await asyncio.to_thread(_by_service, stack)))
            await asyncio.sleep(every_s)

    task = asyncio.create_task(sample())
    try:
        yield memory
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def held_mb(pid: int) -> float:
    """What one process holds for itself, of which mapped files are no part; 0 where it is gone."""
    with suppress(psutil.NoSuchProcess):
        return float(psutil.Process(pid).memory_full_info().uss) / 2**20
    return 0.0


def _by_service(stack: Stack) -> dict[str, float]:
    pids = {name: stack.pid(name) for name in stack.names}
    return {name: _held(_family(pid)) for name, pid in pids.items() if pid is not None}


def _family(pid: int) -> Iterable[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        yield process
        yield from process.children(recursive=True)


def _held(processes: Iterable[psutil.Process]) -> float:
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            info = process.memory_info()
            total += info.rss - info.shared
    return total / 2**20
