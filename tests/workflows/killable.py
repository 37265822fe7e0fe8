"""Parts of the platform as processes of their own, beside the stores of the tests, to be ended by `kill -9`; and a store
that stops answering in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from temporalio.client import Client

from deploy.local.ports import HOST


def environment(
    client: Client, database_url: str, storage_endpoint: str, bucket: str, folder: Path
) -> dict[str, str]:
    """The settings of such a process."""
    local = (f"{step}_PROVIDER" for step in ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE"))
    return {
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": client.namespace,
        "STORAGE_ENDPOINT": storage_endpoint,
        "STORAGE_BUCKET": bucket,
        "JWT_SECRET": "test-secret-that-is-long-enough-for-hs256",
        "WORK_DIR": str(folder),
        **dict.fromkeys(local, "local"),
    }


class Killable:
    """`python -m …`, until it is killed, and begun again."""

    def __init__(self, env: Mapping[str, str], *module: str) -> None:
        self._argv = (sys.executable, "-m", *module)
        self._env = os.environ | dict(env)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def begin(self) -> None:
        self._process = subprocess.Popen(self._argv, env=self._env)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def kill(self) -> None:
        """kill -9, and returns when it is gone. It must have run until then."""
        assert self._process is not None
        assert self._process.poll() is None, "it has ended by itself"
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


class Narrow:
    """In front of a store: after `most` bytes of answers it says nothing more until it is `open`. Whoever waits for
    `stuck` knows that somebody is in the middle of reading."""

    def __init__(self, endpoint: str, most: int) -> None:
        store = urlsplit(endpoint)
        self._store = store.hostname, store.port
        self._left = most
        self.stuck = asyncio.Event()
        self.open = asyncio.Event()
        self.endpoint = ""
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, HOST, 0)
        self.endpoint = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(*self._store)
        asked = asyncio.create_task(self._pass(reader, ours, counted=False))
        try:
            await self._pass(theirs, writer, counted=True)
        finally:
            asked.cancel()
            ours.close()
            writer.close()

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        try:
            while piece := await source.read(1 << 16):
                if counted:
                    self._left -= len(piece)
                    if self._left < 0 and not self.open.is_set():
                        self.stuck.set()
                        await self.open.wait()
                target.write(piece)
                await target.drain()
        except ConnectionError:
            return  # whoever read was killed
