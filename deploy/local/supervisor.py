"""Starts programs in order, keeps them running, and stops them in the opposite order.

A program that dies is started again, after a pause that doubles while it keeps dying, and the reason is printed. No
program outlives the supervisor: it stops them when it ends, and the kernel kills them if it is killed.
"""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path

from deploy.local.service import Log, Program, Say, Service, StartFailed, how_it_ended, signal_group, spawn

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 30.0
STEADY_S = 30.0
"""A program that ran for this long is restarted after the first, shortest pause."""
FIRST_START_ATTEMPTS = 3
_FIRST_PROBE_S, _LONGEST_PROBE_S = 0.05, 0.5


class _Kept:
    """One service, and the task that keeps it running."""

    def __init__(self, service: Service, log: Log, say: Say) -> None:
        self.service = service
        self.log = log
        self.say = say
        self.process: asyncio.subprocess.Process | None = None
        self.ready = asyncio.Event()
        self.starts = 0
        self._stopping = False
        self._asked = False
        self._was_ready = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once the service is ready.

        Raises:
            StartFailed: it died at each of the first attempts.
        """
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.service.name}")
        ready = asyncio.create_task(self.ready.wait())
        try:
            await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if self._task.done():
            await self._task

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            why = await self._live()
            self.ready.clear()
            if self._stopping:
                return
            if self._asked:
                self._asked = False
                continue
            words = f"{self.service.name} {why}."
            if not self._was_ready and self.starts >= FIRST_START_ATTEMPTS:
                raise StartFailed(f"{words} The end of {self.log.path}:\n{self.log.tail()}")
            if time.monotonic() - began > STEADY_S:
                pause = FIRST_PAUSE_S
            self.say(
                f"{words} It starts again in {pause:g} s. The end of {self.log.path}:\n{self.log.tail()}"
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _live(self) -> str:
        """Runs the process once. Returns how it ended."""
        self.starts += 1
        try:
            if self.service.before:
                self.service.before()
            self.process = await spawn(self.service, self.log)
        except OSError as error:
            return f"could not be started: {error}"
        dead = asyncio.create_task(self.process.wait())
        probe = asyncio.create_task(self._probe())
        try:
            await asyncio.wait(
                {dead, probe}, timeout=self.service.ready_s, return_when=asyncio.FIRST_COMPLETED
            )
            if dead.done():
                return how_it_ended(dead.result())
            if not probe.done():
                signal_group(self.process, signal.SIGKILL)
                await dead
                return f"was not ready after {self.service.ready_s:g} s and was killed"
            self._was_ready = True
            self.ready.set()
            return how_it_ended(await asyncio.shield(dead))
        finally:
            probe.cancel()
            if not dead.done():
                signal_group(self.process, signal.SIGKILL)
                await dead
            signal_group(self.process, signal.SIGKILL)  # children that it left behind

    async def _probe(self) -> None:
        pause = _FIRST_PROBE_S
        while True:
            with suppress(Exception):
                async with asyncio.timeout(5):
                    await self.service.ready()
                    return
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PROBE_S)

    async def stop(self) -> None:
        """Asks the program to end, waits for its grace period, then kills it."""
        self._stopping = True
        if self._task is None or self._task.done():
            return
        await self._end()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def restart(self) -> None:
        """End it as a deployment would, and return when its successor is ready."""
        self._asked = self.process is not None and self.process.returncode is None
        await self._end()
        self.ready.clear()
        await self.ready.wait()

    async def _end(self) -> None:
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(self.service.stop_signal)  # to it alone: it ends its own children
        try:
            async with asyncio.timeout(self.service.grace_s):
                await process.wait()
        except TimeoutError:
            self.say(f"{self.service.name} did not end within {self.service.grace_s:g} s and is killed.")
            signal_group(process, signal.SIGKILL)
            await process.wait()


class Supervisor:
    """Programs by name, in the order of their start. `say` takes what a person should read."""

    def __init__(self, logs: Path, say: Say = print) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._say = say
        self._kept: dict[str, _Kept] = {}
        self._waves: list[list[_Kept]] = []

    async def start(self, *services: Service) -> None:
        """Starts services in parallel and keeps them running. Returns when all are ready.

        Raises:
            StartFailed: one died at each of the first attempts.
        """
        wave = [_Kept(service, Log(self._logs, service.name), self._say) for service in services]
        self._kept |= {kept.service.name: kept for kept in wave}
        self._waves.append(wave)
        await asyncio.gather(*(kept.start() for kept in wave))

    async def run(self, program: Program) -> None:
        """Run a program to its end.

        Raises:
            StartFailed: it failed.
        """
        log = Log(self._logs, program.name)
        process = await spawn(program, log)
        try:
            returncode = await process.wait()
        finally:
            signal_group(process, signal.SIGKILL)
        if returncode:
            raise StartFailed(
                f"{program.name} {how_it_ended(returncode)}. The end of {log.path}:\n{log.tail()}"
            )

    async def stop(self) -> None:
        """Stop everything, last started first. Cancelling it kills what is left."""
        try:
            for wave in reversed(self._waves):
                await asyncio.gather(*(kept.stop() for kept in wave))
        finally:
            for kept in self._kept.values():
                if kept.process and kept.process.returncode is None:
                    signal_group(kept.process, signal.SIGKILL)
            self._kept.clear()
            self._waves.clear()

    def pid(self, name: str) -> int | None:
        """The process id of a service, or None while it is not running."""
        process = self._kept[name].process
        return process.pid if process and process.returncode is None else None

    def kill(self, name: str) -> None:
        """kill -9. It is started again as after any other death."""
        process = self._kept[name].process
        if process:
            self._kept[name].ready.clear()
            signal_group(process, signal.SIGKILL)

    async def restart(self, name: str) -> None:
        """End a service as a deployment would, and return when its successor is ready."""
        await self._kept[name].restart()

    async def ready(self, name: str, timeout_s: float = 180.0) -> None:
        """Return when the service answers, such as after `kill`.

        Raises:
            TimeoutError: it did not in time.
        """
        async with asyncio.timeout(timeout_s):
            await self._kept[name].ready.wait()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._kept)
