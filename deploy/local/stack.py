"""The whole platform on one machine, as an object: `make up` and the tests that kill its parts use the same one.

async with Stack(folder) as stack:
    print(stack.urls["api"])
    stack.kill("postgres")
    await stack.ready("postgres")
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from deploy.local import programs
from deploy.local.google.doubles import Doubles
from deploy.local.keys import Keys, keys
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import Postgres
from deploy.local.service import Say, Service
from deploy.local.storage.app import SIGNING_KEY
from deploy.local.supervisor import Supervisor
from deploy.local.temporal import ensure
from deploy.local.temporal_server import temporal_service
from schema.errors import Conflict, Misconfigured

PARTS = frozenset({"postgres", "temporal", "storage", "api", "workers"})
BUCKET = "accessible-video"
_CHOOSABLE = {
    "TRANSCRIBE_PROVIDER": "local",
    "DESCRIBE_PROVIDER": "local",
    "TRANSLATE_PROVIDER": "local",
    "VOICE_PROVIDER": "local",
    "ALLOWED_ORIGINS": '["http://localhost:3000", "http://localhost:5173"]',
}
"""The variables that the environment may override. The other settings are the stack's own."""


class Stack:
    """Every part under one data folder, or those of `parts`. State is kept: the next stack on the same folder continues
    where this one ended.

    The services are `postgres`, `temporal`, `storage`, `api` and a `worker-…` for each pool; with `doubles` also
    `google`, which simulates Google's services and is the provider of every step.
    """

    def __init__(
        self,
        data: Path,
        *,
        ports: Ports | None = None,
        parts: Collection[str] = PARTS,
        pools: Collection[str] = programs.POOLS,
        settings: Mapping[str, str] | None = None,
        durable: bool = True,
        doubles: Doubles | None = None,
        say: Say = print,
    ) -> None:
        self.data = data.resolve()
        self.parts = frozenset(parts)
        self.pools = tuple(pools)
        self._asked_ports = ports or Ports.from_environment()
        self._overrides = dict(settings or {})
        self._durable = durable
        self._doubles = doubles
        self._say = say
        self._lock: IO[str] | None = None
        self.supervisor: Supervisor
        self.server: Postgres
        self.ports: Ports
        self.keys: Keys

    async def __aenter__(self) -> Self:
        """Start everything in order; return when all of it answers.

        Raises:
            Conflict: another stack runs on this folder.
            Misconfigured: the folder cannot be written to, a port is taken, or Temporal cannot be obtained.
            StartFailed: a part does not start.
        """
        with _usable(self.data):
            # Postgres, which runs as another user if we are root, passes through.
            self.data.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._lock = _lock(self.data)
        try:
            with _usable(self.data):
                (self.data / "stack.json").unlink(missing_ok=True)  # left by one that was killed
                self.keys = keys(self.data)
            self.ports = self._asked_ports.settle()
            self.server = Postgres(
                self.data / "postgres",
                port=self.ports.postgres_port,
                password=self.keys.postgres_password,
                durable=self._durable,
            )
            self.supervisor = Supervisor(self.data / "logs", self._say)
            try:
                await self._start()
            except BaseException:
                await self.supervisor.stop()
                raise
        except BaseException:
            self._lock.close()
            raise
        _write(self.data / "stack.json", json.dumps({"pid": os.getpid(), "urls": self.urls}, indent=2))
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.supervisor.stop()
        finally:
            (self.data / "stack.json").unlink(missing_ok=True)
            assert self._lock
            self._lock.close()

    async def _start(self) -> None:
        stores = {"postgres": self._postgres, "temporal": self._temporal, "storage": self._storage}
        try:
            async with asyncio.TaskGroup() as group:
                for part in stores.keys() & self.parts:
                    group.create_task(stores[part]())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None  # short, because a person types it
        if self._doubles is not None:
            await self.supervisor.start(programs.google(self.env, self._doubles))
        above = []  # in parallel, and stopped before the others
        if "api" in self.parts:
            above.append(self.supervisor.start(programs.api(self.env, self.ports.api_port)))
        if "workers" in self.parts:
            above.append(self.supervisor.start(*(self._worker(pool) for pool in self.pools)))
        await asyncio.gather(*above)
        if "workers" in self.parts and "WORKER_BUILD_ID" in {**os.environ, **self._overrides}:
            await self.supervisor.run(programs.set_current(self.env))

    async def _postgres(self) -> None:
        await asyncio.to_thread(self.server.prepare, self._say)
        await self.supervisor.start(self.server.service())
        await self.server.create_database()
        await self.supervisor.run(programs.database(self.env))

    async def _temporal(self) -> None:
        binary = await asyncio.to_thread(ensure)
        state = self.data / "temporal" / "temporal.db"
        state.parent.mkdir(exist_ok=True)
        await self.supervisor.start(
            temporal_service(
                binary,
                state,
                port=self.ports.temporal_port,
                ui_port=self.ports.temporal_ui_port,
                durable=self._durable,
            )
        )

    async def _storage(self) -> None:
        await self.supervisor.start(programs.storage(self.data / "storage", BUCKET, self.ports.storage_port))

    def _worker(self, pool: str) -> Service:
        return programs.worker(pool, self.env, lambda: self.supervisor.pid(f"worker-{pool}"))

    @property
    def urls(self) -> dict[str, str]:
        """The addresses for people and clients."""
        return {
            "api": f"http://{HOST}:{self.ports.api_port}",
            "docs": f"http://{HOST}:{self.ports.api_port}/docs",
            "temporal": f"{HOST}:{self.ports.temporal_port}",
            "temporal_ui": f"http://{HOST}:{self.ports.temporal_ui_port}",
            "storage": f"http://{HOST}:{self.ports.storage_port}",
            **({"google": self._doubles.url} if self._doubles else {}),
        }

    @property
    def env(self) -> dict[str, str]:
        """The settings (`schema.settings`) of a process that belongs to this stack."""
        return {
            **{name: os.environ.get(name, value) for name, value in _CHOOSABLE.items()},
            "ENVIRONMENT": "local",
            "COOKIE_SECURE": "false",
            "DATABASE_URL": self.server.dsn(),
            "TEMPORAL_ADDRESS": f"{HOST}:{self.ports.temporal_port}",
            "STORAGE_ENDPOINT": self.urls["storage"],
            "STORAGE_BUCKET": BUCKET,
            "STORAGE_SIGNING_KEY": str(self.data / "storage" / SIGNING_KEY),
            "JWT_SECRET": self.keys.jwt_secret,
            "SEED_PASSWORD": self.keys.seed_password,
            "WORK_DIR": str(self.data / "work"),
            "MAIL_FOLDER": str(self.data / "mail"),
            "WEBHOOK_PRIVATE_ADDRESSES": "true",
            "WORKER_GRACE_S": str(programs.DRAINS_S),
            **(self._doubles.settings if self._doubles else {}),
            **self._overrides,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The services, in the order of their start."""
        return self.supervisor.names

    def pid(self, name: str) -> int | None:
        """The process id of a service, or None while it is down."""
        return self.supervisor.pid(name)

    def kill(self, name: str) -> None:
        """Kills a service (kill -9). The supervisor starts it again."""
        self.supervisor.kill(name)

    async def restart(self, name: str) -> None:
        """Restarts a service as a deployment would. Returns when its successor answers."""
        await self.supervisor.restart(name)

    async def ready(self, name: str, timeout_s: float = 60) -> None:
        """Return when the service answers (again)."""
        await self.supervisor.ready(name, timeout_s)


def running(data: Path) -> dict[str, str] | None:
    """The URLs of the stack that runs on `data`; None if there is none, or none has started yet."""
    if not data.exists():
        return None
    try:
        _lock(data).close()
    except Conflict:
        with suppress(FileNotFoundError):
            state: dict[str, dict[str, str]] = json.loads((data / "stack.json").read_text())
            return state["urls"]
    return None


@contextmanager
def _usable(data: Path) -> Iterator[None]:
    """Raises Misconfigured if the folder is unusable: read-only, another user's, a file, or on a full disk."""
    try:
        yield
    except OSError as error:
        raise Misconfigured(
            f"{data} cannot hold the platform's data ({error.strerror}): "
            "set ACCESSIBLE_VIDEO_DATA to a folder that you may write to."
        ) from None


def _lock(data: Path) -> IO[str]:
    """Locks the folder while the file is open. The kernel releases the lock when the process dies."""
    with _usable(data):
        file = (data / "lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Conflict(
            f"Another stack runs on {data}. Stop it, or set ACCESSIBLE_VIDEO_DATA to another folder."
        ) from None
    return file


def _write(path: Path, words: str) -> None:
    part = path.with_name(f".{path.name}")
    part.write_text(words)
    part.replace(path)
