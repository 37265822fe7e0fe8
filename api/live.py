"""Live status: one LISTEN connection a process tells the hub that something happened.

A notification of an event only says that there is one: it is read from the log, so that a lost notification is made up
for by the next. Progress is in its notification, and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

import asyncpg
from sqlalchemy.engine import make_url

from schema.queries.events import CHANNEL, PROGRESS_CHANNEL

logger = logging.getLogger(__name__)

LISTENER = "accessible-video live status"
"""The connection's name in `pg_stat_activity`."""
_RETRY_S = (0.2, 0.5, 1, 2, 5)
_ALIVE_S = 15
"""How often the connection is tried; a dead one is noticed no later."""


class Listener:
    """Calls `wake` when there may be an event, and `progress` with what is told of one."""

    def __init__(self, database_url: str, wake: Callable[[], None], progress: Callable[[str], None]) -> None:
        url = make_url(database_url)
        _, self._address = url.get_dialect()().create_connect_args(url)  # as the engine's own, TLS and all
        self._wake, self._progress = wake, progress
        self._failures = 0

    async def listen(self) -> None:
        """Until it is cancelled; a connection that is lost is made again."""
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
            await connection.add_listener(PROGRESS_CHANNEL, lambda *told: self._progress(told[-1]))
            self._wake()  # what happened while nobody listened
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), _ALIVE_S)
                    raise ConnectionResetError("the server ended it")
                await connection.execute("select 1", timeout=5)
                self._failures = 0
        finally:
            connection.terminate()
