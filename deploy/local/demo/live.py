"""Reads `/ws/status` as a frontend does: every change once and in order, across restarts and expired tokens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from api.bodies.live import Changed
from deploy.local.demo.client import PATIENCE_S, PREFIX, Person

_RENEW_S = 600.0
"""Two thirds of an access token's lifetime."""
_PAUSE_S = 0.5


class SocketLost(Exception):
    """The socket could not be reopened for a minute."""


class Live:
    """The changes of all jobs that `person` sees, from `open` on."""

    def __init__(self, url: str, person: Person) -> None:
        self._url = f"ws://{urlsplit(url).netloc}{PREFIX}/ws/status"
        self._person = person
        self._socket: ClientConnection | None = None
        self._last_id: int | None = None

    async def open(self) -> None:
        """Opens the socket. No change is missed from then on.

        Raises:
            SocketLost: the API does not come back.
        """
        until = time.monotonic() + PATIENCE_S
        query = "" if self._last_id is None else f"?last_event_id={self._last_id}"
        while True:
            offered = [Subprotocol("bearer"), Subprotocol(self._person.token)]
            try:
                self._socket = await connect(self._url + query, subprotocols=offered, open_timeout=10)
                ready = json.loads(await self._socket.recv())
                if self._last_id is None:
                    self._last_id = ready["last_event_id"]
                return
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
                if time.monotonic() > until:
                    raise SocketLost(f"The socket at {self._url} does not answer: {error}") from None
            await asyncio.sleep(_PAUSE_S)
            await self._person.renew()

    async def changes(self) -> AsyncGenerator[Changed, None]:
        """Yields changes forever; a lost socket is reopened."""
        if self._socket is None:
            await self.open()
        renewal = asyncio.create_task(self._stay_signed_in())
        try:
            while True:
                assert self._socket
                try:
                    said = json.loads(await self._socket.recv())
                except ConnectionClosed:
                    await self.open()
                    continue
                if said.get("type") == "event":
                    change = Changed.model_validate(said)
                    self._last_id = change.id
                    yield change
        finally:
            renewal.cancel()
            await self.close()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _stay_signed_in(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_S)
            token = await self._person.renew()
            if self._socket is not None:
                try:
                    await self._socket.send(json.dumps({"type": "auth", "token": token}))
                except ConnectionClosed:
                    continue  # the reader opens it again, with the new token
