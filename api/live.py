"""Live status: one LISTEN connection a process wakes its sockets, and each reads on from where it was.

A notification only says that there is something. What a socket sends is read from the event log after its own
cursor, with the user and what they see as they are then. So a reconnect, a lost notification and a live event are
the same query, and nothing that the user may not see is ever in this process's hands for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator

import asyncpg
from sqlalchemy.engine import make_url

from schema.queries.events import CHANNEL

logger = logging.getLogger(__name__)

LISTENER = "accessible-video live status"
"""The connection's name in `pg_stat_activity`."""
_RETRY_S = (0.2, 0.5, 1, 2, 5)
_ALIVE_S = 15
"""How often the connection is tried; a dead one is noticed no later."""


class Hub:
    """Wakes whoever waits when something happened to any job."""

    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        _, self._address = url.get_dialect()().create_connect_args(url)  # as the engine's own, TLS and all
        self._failures = 0
        self._waiting: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None
        self.closing = asyncio.Event()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="live-status")

    async def stop(self) -> None:
        """Ends the connection and tells every socket to close."""
        self.closing.set()
        self._wake()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @contextlib.contextmanager
    def waiting(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something new; the owner clears it before it reads."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            yield event
        finally:
            self._waiting.discard(event)

    @property
    def listeners(self) -> int:
        """How many wait for news."""
        return len(self._waiting)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except Exception as error:  # whatever it is, sockets are to be woken again
                wait_s = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
                self._failures += 1
                logger.warning("live status lost its connection (%r); again in %s s", error, wait_s)
                await asyncio.sleep(wait_s)

    async def _listen_once(self) -> None:
        """Until the connection is lost, which raises."""
        connection = await asyncpg.connect(
            **self._address, timeout=10, server_settings={"application_name": LISTENER}
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda *_: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: self._wake())
            self._wake()  # what happened while nobody listened
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), _ALIVE_S)
                    raise ConnectionResetError("the server ended it")
                await connection.execute("select 1", timeout=5)
                self._failures = 0
        finally:
            connection.terminate()


@contextlib.asynccontextmanager
async def running_hub(database_url: str) -> AsyncIterator[Hub]:
    """The process's hub."""
    hub = Hub(database_url)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()
