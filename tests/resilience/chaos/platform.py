"""The whole platform, each part a process of its own that can be killed, held still or restarted; its providers are
counted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

import psutil

from deploy.local import programs
from deploy.local.ports import Ports
from deploy.local.service import Service
from deploy.local.stack import PARTS, Stack
from tests.resilience.chaos.providers import CALLS

_ROOT = Path(__file__).parents[3]
_READY_S = 600.0
"""All of them start at once, on a machine that may have other work."""


class ChaosStack(Stack):
    """`calls` is the file of `providers`. Our own processes come last, as they do in a `Stack`."""

    def __init__(self, data: Path, say: Callable[[str], None]) -> None:
        super().__init__(
            data,
            ports=Ports.free(),
            parts=PARTS - {"api", "workers"},
            settings={"WORKER_GRACE_S": "1"},  # a restart cuts what runs, as it does where that takes hours
            durable=False,
            say=say,
        )
        self.calls = self.data / "calls.jsonl"
        self._held: dict[str, list[psutil.Process]] = {}

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            ours = [programs.api(self.env, self.ports.api_port), *map(self._counted, programs.POOLS)]
            await self.supervisor.start(*(replace(service, ready_s=_READY_S) for service in ours))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in tuple(self._held):
            self.let_go(name)
        await super().__aexit__()

    def _counted(self, pool: str) -> Service:
        service = self._worker(pool)
        python, _, *module = service.argv
        env = {**(service.env or {}), CALLS: str(self.calls), "PYTHONPATH": str(_ROOT)}
        return replace(service, argv=(python, "-m", "tests.resilience.chaos.providers", *module), env=env)

    def kill_alone(self, name: str) -> None:
        """kill -9 of the process and not of its children, which are to end by themselves."""
        if pid := self.pid(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def hold(self, name: str) -> None:
        """SIGSTOP of the process and all its children: it is there, and does not answer."""
        pid = self.pid(name)
        if pid is None:
            return
        family = [psutil.Process(pid)]
        family[0].suspend()  # first, so that it starts no more
        family += family[0].children(recursive=True)
        for process in family[1:]:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        self._held[name] = family

    def let_go(self, name: str) -> None:
        """SIGCONT, children first."""
        for process in reversed(self._held.pop(name, [])):
            with suppress(psutil.NoSuchProcess):
                process.resume()
