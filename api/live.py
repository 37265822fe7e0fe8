"""Live status: one LISTEN connection per process tells the hub that something happened.

A notification only says that there is an event. The event is read from the log, so the next notification makes up for a
lost one. Progress exists only in its notification.
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
"""How often the connection is checked. A dead one is noticed at the latest after this time."""


class Listener:
    """Calls `wake` when there may be a new event, and `progress` with the progress that a notification carries."""

    def __init__(self, database_url: str, wake: Callable[[], None], progress: Callable[[str], None]) -> None:
        url = make_url(database_url)
        _, self._address = url.get_dialect()().create_connect_args(
            url
        )  # with the engine's own settings, including TLS
        self._wake, self._progress = wake, progress
        self._failures = 0

    async def listen(self) -> None:
        """Listens until cancelled. Reconnects after a lost connection."""
        while True:
            try:
                await self._listen_once()
            except Exception as error:  # whatever it is, wake the sockets again
                wait_s = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
                self._failures += 1
                logger.warning("live status lost its connection (%r); again in %s s", error, wait_s)
                await asyncio.sleep(wait_s)

    async def _listen_once(self) -> None:
        """Listens until the connection is lost, which raises."""
        connection = await asyncpg.connect(
            **self._address, timeout=10, server_settings={"application_name": LISTENER}
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda *_: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: self._wake())
            await connection.add_listener(PROGRESS_CHANNEL, lambda *told: self._progress(told[-1]))
            self._wake()  # events that happened while nobody listened
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), _ALIVE_S)
                    raise ConnectionResetError("the server ended it")
                await connection.execute("select 1", timeout=5)
                self._failures = 0
        finally:
            connection.terminate()
