"""One socket: a reader that renews the token, and a writer that sends new events."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect

from api.authn import current_principal, read_claims
from api.bodies.live import Auth, Changed, Close, Ready, Resync
from api.hub import Hub
from api.inbox import Inbox
from api.parts import Parts
from api.tokens import Claims
from schema.errors import PlatformError, Unauthenticated, Unavailable
from schema.permissions import Principal
from schema.queries import events

_BATCH = 200
_SLOW_S = 30.0
"""A client that accepts no message for this long is disconnected. It can reconnect and resume from its cursor."""
_AGAIN_S = 1.0
_RENEWED_S = 10.0
"""A token may be renewed with one that expires earlier."""


class Feed:
    """The changes that a user sees, from a cursor on, until the token expires."""

    def __init__(self, websocket: WebSocket, parts: Parts, hub: Hub, claims: Claims) -> None:
        self._websocket, self._parts, self._hub = websocket, parts, hub
        self._inbox = Inbox(claims)
        self._cursor = 0

    async def run(self, protocol: str | None, last_event_id: int | None) -> None:
        """Serves until either side ends it. Errors before the first message refuse the handshake."""
        async with self._parts.database.begin() as session:
            await current_principal(session, self._inbox.claims)
            newest = await events.newest(session)
            oldest = await events.oldest(session)
        self._cursor = newest if last_event_id is None else min(last_event_id, newest)
        ready = [Ready(last_event_id=self._cursor).model_dump_json()]
        if last_event_id is not None and last_event_id + 1 < oldest:
            ready.append(Resync().model_dump_json())
        await self._websocket.accept(protocol)
        async with self._hub.joined(self._inbox, newest) as joined_at:
            reader = asyncio.create_task(self._read())
            writer = asyncio.create_task(self._write(ready, joined_at))
            try:
                await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (reader, writer):
                    task.cancel()
                    # The client disconnected between two sends, or accepts nothing.
                    with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError, TimeoutError):
                        await task

    async def _read(self) -> None:
        """Reads `auth` messages, and ignores anything else."""
        while True:
            said = await self._websocket.receive()
            if said["type"] == "websocket.disconnect":
                return
            try:
                asked = Auth.model_validate_json(said.get("text") or "")
                fresh = await read_claims(self._websocket, asked.token)
            except (PlatformError, ValueError):
                continue  # the old token stays valid until it expires
            if fresh.user_id == self._inbox.claims.user_id:
                self._inbox.claims = fresh

    async def _write(self, ready: list[str], joined_at: int) -> None:
        for text in ready:
            await self._send(text)
        if self._inbox.ending is None:
            await self._catch_up(joined_at)
        while self._inbox.ending is None:
            for message in await self._inbox.take(max(0.0, min(self._left_s, _RENEWED_S))):
                if self._inbox.ending is not None:
                    break
                if message.event_id > self._cursor or (not message.kept and message.event_id == self._cursor):
                    await self._send(message.text)
                    self._cursor = message.event_id
            if self._left_s <= 0:
                self._inbox.end(Close.SIGN_IN_AGAIN)
        await self._websocket.close(self._inbox.ending, self._inbox.ending.words)

    @property
    def _left_s(self) -> float:
        return self._inbox.claims.expires_at - time.time()

    async def _send(self, text: str) -> None:
        """Sends when there is room, but waits neither forever nor past the expiry of the token."""
        async with asyncio.timeout(max(0.0, min(_SLOW_S, self._left_s))):
            await self._websocket.send_text(text)

    async def _catch_up(self, until: int) -> None:
        """Sends the log up to this event, as the user sees it now."""
        while self._cursor < until and self._inbox.ending is None:
            try:
                found = await self._logged()
            except Unauthenticated:
                self._inbox.end(Close.SIGN_IN_AGAIN)
                return
            except Unavailable:  # the database is unavailable: keep the socket open
                await asyncio.sleep(_AGAIN_S)
                continue
            for event, told in found:
                assert event.id is not None
                if told is not None:
                    await self._send(told.model_dump_json())
                self._cursor = event.id
            if len(found) < _BATCH:
                self._cursor = max(self._cursor, until)

    async def _logged(self) -> list[tuple[events.Happened, Changed | None]]:
        """Yields each event with what the user is told of it."""
        async with self._parts.database.begin() as session:
            # One snapshot: events after somebody lost a role are never shown with their old rights.
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            principal = await current_principal(session, self._inbox.claims)
            found = await events.after(session, principal, self._cursor, _BATCH)
        return [(event, _told(principal, event)) for event in found]


def _told(principal: Principal, event: events.Happened) -> Changed | None:
    assert event.id is not None
    shape = Changed.for_client if principal.is_client_in(event.place.org_id) else Changed.of
    return shape(event, event.id)
