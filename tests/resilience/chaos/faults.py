"""What goes wrong with the processes: kills, parts that are away for a while, restarts. All of it is on a timeline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from deploy.local.programs import POOLS
from schema.enums import JobStatus
from tests.resilience.chaos.platform import ChaosStack

STEP_OF_POOL = {
    "probe": (JobStatus.PROBING, JobStatus.TRANSCRIBING),
    "transcribe": (JobStatus.TRANSCRIBING, JobStatus.DESCRIBING),
    "describe": (JobStatus.TRANSCRIBING, JobStatus.DESCRIBING),
    "translate": (JobStatus.TRANSLATING,),
    "synthesize": (JobStatus.SYNTHESIZING,),
    "mux": (JobStatus.MUXING,),
}
"""Where a job stands while a pool works for it."""
WORKERS = tuple(f"worker-{pool}" for pool in POOLS)
STORES = ("storage", "postgres", "temporal")
EVERYTHING = ("api", *STORES, *WORKERS)
_BACK_S = 600.0
_FIND_WORK_S = 30.0
_STEPS_AT_WORK = 3
_DOWN_AT_ONCE = 3
"""Of more than that nothing would be left that works."""


@dataclass
class Fault:
    """`at` and `until` are the wall clock's; `during` is where jobs stood."""

    at: float
    what: str
    name: str
    during: dict[JobStatus, int]
    until: float = 0

    def told(self, began: float) -> str:
        stood = ", ".join(f"{status} {count}" for status, count in sorted(self.during.items()))
        return f"{self.at - began:7.1f} s  {self.what:8} {self.name:18} for {self.until - self.at:5.1f} s   ({stood})"


class Faults:
    """`at_work` says where jobs stand. Each method returns when the part answers again."""

    def __init__(
        self,
        stack: ChaosStack,
        chance: Random,
        at_work: Callable[[], dict[JobStatus, int]],
        say: Callable[[str], None],
    ) -> None:
        self._stack, self._chance, self._at_work, self._say = stack, chance, at_work, say
        self.began = time.time()
        self.timeline: list[Fault] = []
        self._down: set[str] = set()

    async def kill(self, name: str) -> None:
        """kill -9: of the whole process group as often as of the process alone."""
        fault = self._begin("kill", name)
        if self._chance.random() < 0.5:
            self._stack.kill(name)
        else:
            before = self._stack.pid(name)
            self._stack.kill_alone(name)
            await self._successor(name, before)
        await self._back(fault)

    async def restart(self, name: str) -> None:
        """SIGTERM, as a deployment does."""
        fault = self._begin("restart", name)
        await asyncio.wait_for(self._stack.restart(name), _BACK_S)
        await self._back(fault)

    async def away(self, name: str, seconds: float) -> None:
        """It is there, and does not answer for so long, while jobs are at several steps."""
        until = time.monotonic() + _FIND_WORK_S
        while len(self._at_work()) < _STEPS_AT_WORK and time.monotonic() < until:
            await asyncio.sleep(0.1)
        fault = self._begin("away", name)
        self._stack.hold(name)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._stack.let_go(name)
        await self._back(fault)

    async def kills(self, seconds: float, every_s: tuple[float, float]) -> None:
        """Any process that is up, again and again, also while others come back."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < until:
                await self._until_few_are_down()
                victims = [name for name in EVERYTHING if name not in self._down]
                group.create_task(self.kill(self._chance.choice(victims)))
                await asyncio.sleep(self._chance.uniform(*every_s))

    async def each_once(self, every_s: tuple[float, float]) -> None:
        """Every process killed and every pool restarted, in any order; a pool while there is work for it, where that
        comes within some seconds."""
        due = [*((self.kill, name) for name in EVERYTHING), *((self.restart, name) for name in WORKERS)]
        self._chance.shuffle(due)
        async with asyncio.TaskGroup() as group:
            while due:
                await self._until_few_are_down()
                do, name = due.pop(await self._one_at_work([name for _, name in due]))
                group.create_task(do(name))
                await asyncio.sleep(self._chance.uniform(*every_s))

    async def restarts(self, times: int) -> None:
        """Every pool so often, some pools side by side."""
        room = asyncio.Semaphore(_DOWN_AT_ONCE)

        async def again_and_again(name: str) -> None:
            for _ in range(times):
                async with room:
                    await self.restart(name)

        async with asyncio.TaskGroup() as group:
            for name in WORKERS:
                group.create_task(again_and_again(name))

    async def all_at_once(self) -> None:
        """The API and every worker die in the same moment."""
        async with asyncio.TaskGroup() as group:
            for name in ("api", *WORKERS):
                group.create_task(self.kill(name))

    async def _until_few_are_down(self) -> None:
        while len(self._down) >= _DOWN_AT_ONCE:
            await asyncio.sleep(0.05)

    async def _one_at_work(self, names: list[str]) -> int:
        until = time.monotonic() + _FIND_WORK_S
        while True:
            stand = self._at_work()
            up = [index for index, name in enumerate(names) if name not in self._down]
            for index in up:
                steps = STEP_OF_POOL.get(names[index].removeprefix("worker-"))
                if steps is None or any(stand.get(status) for status in steps):
                    return index
            if up and time.monotonic() > until:
                return up[0]
            await asyncio.sleep(0.05)

    def _begin(self, what: str, name: str) -> Fault:
        fault = Fault(time.time(), what, name, self._at_work())
        self.timeline.append(fault)
        self._down.add(name)
        return fault

    async def _back(self, fault: Fault) -> None:
        await self._stack.ready(fault.name, _BACK_S)
        fault.until = time.time()
        self._down.discard(fault.name)
        self._say(fault.told(self.began))

    async def _successor(self, name: str, pid: int | None) -> None:
        async with asyncio.timeout(_BACK_S):
            while self._stack.pid(name) in (pid, None):
                await asyncio.sleep(0.02)
