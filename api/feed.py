"""One socket: a reader that renews the token, and a writer that sends what is new."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from api.authn import current_principal
from api.bodies.live import Auth, Changed, Ready, Resync
from api.live import Hub
from api.parts import Parts
from api.tokens import Claims, read_access
from schema.errors import PlatformError, Unauthenticated, Unavailable
from schema.queries import events

SIGN_IN_AGAIN = 4401
"""Close code: the token has ended."""
GOING_AWAY = 1001
_TOGETHER_S = 0.1
"""Changes within so short a time are read together."""
_LOOK_S = 10
"""Without any notification a socket looks this often: whether its user may still, and whether one was lost."""
_BATCH = 200
_SLOW_S = 30.0
"""A peer that takes no message for so long is let go: it comes back, and reads on from its cursor."""


class Feed:
    """What a user sees change, from a cursor on, until their token ends."""

    def __init__(self, websocket: WebSocket, parts: Parts, hub: Hub, claims: Claims) -> None:
        self._websocket, self._parts, self._hub = websocket, parts, hub
        self._claims = claims
        self._cursor = 0

    async def run(self, protocol: str | None, last_event_id: int | None) -> None:
        """Serves until either side ends it. Errors before the first message refuse the handshake."""
        ready = await self._ready(last_event_id)
        await self._websocket.accept(protocol)
        with self._hub.waiting() as news:
            reader = asyncio.create_task(self._read(news))
            try:
                for message in ready:
                    await self._send(message)
                await self._write(news, reader)
            except WebSocketDisconnect:
                pass
            except (RuntimeError, TimeoutError):  # the peer went away between two sends, or takes nothing
                pass
            finally:
                reader.cancel()
                with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                    await reader

    async def _ready(self, last_event_id: int | None) -> list[dict[str, Any]]:
        async with self._parts.database.begin() as session:
            await current_principal(session, self._claims)
            newest = await events.newest(session)
            oldest = await events.oldest(session)
        self._cursor = newest if last_event_id is None else min(last_event_id, newest)
        messages = [Ready(last_event_id=self._cursor).model_dump(mode="json")]
        if last_event_id is not None and last_event_id + 1 < oldest:
            messages.append(Resync().model_dump(mode="json"))
        return messages

    async def _read(self, news: asyncio.Event) -> None:
        """Takes `auth` messages; what else a client says is not for us."""
        while True:
            said = await self._websocket.receive()
            if said["type"] == "websocket.disconnect":
                return
            try:
                asked = Auth.model_validate_json(said.get("text") or "")
                fresh = read_access(self._parts.settings, asked.token)
            except (PlatformError, ValueError):
                continue  # the old token goes on until it ends
            if fresh.user_id == self._claims.user_id:
                self._claims = fresh
                news.set()

    async def _write(self, news: asyncio.Event, reader: asyncio.Task[None]) -> None:
        while not self._hub.closing.is_set():
            if reader.done():
                return
            if self._claims.expires_at <= time.time():
                await self._websocket.close(SIGN_IN_AGAIN, "The access token has expired.")
                return
            news.clear()
            try:
                full = await self._send_new()
            except Unauthenticated as error:
                await self._websocket.close(SIGN_IN_AGAIN, error.message)
                return
            except Unavailable:
                full = False  # the database is away: the socket stays, and reads on from its cursor
            if not full:
                await self._rest(news, reader)
        await self._websocket.close(GOING_AWAY, "The server restarts.")

    async def _send(self, message: dict[str, Any]) -> None:
        """Waits for room, but neither for ever nor past the end of the token."""
        left_s = max(0.0, self._claims.expires_at - time.time())
        await asyncio.wait_for(self._websocket.send_json(message), min(_SLOW_S, left_s))

    async def _rest(self, news: asyncio.Event, reader: asyncio.Task[None]) -> None:
        """Until there is news, the peer leaves, the token ends, or it is time to look again."""
        left_s = min(_LOOK_S, max(0.0, self._claims.expires_at - time.time()))
        waiting = asyncio.create_task(news.wait())
        try:
            await asyncio.wait({waiting, reader}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if news.is_set():
            await asyncio.sleep(_TOGETHER_S)

    async def _send_new(self) -> bool:
        """Sends what happened since; whether there may be more right away."""
        async with self._parts.database.begin() as session:
            # One look: what happened after somebody lost a role is not shown to them as they were before.
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            principal = await current_principal(session, self._claims)
            newest = await events.newest(session)
            found = await events.after(session, principal, self._cursor, _BATCH)
        for event, job in found:
            assert event.id is not None
            message = Changed(
                id=event.id,
                event=event.type,
                job_id=event.job_id,
                language=event.language,
                at=event.at,
                status=job.status,
                data=event.data,
            )
            await self._send(message.model_dump(mode="json"))
            self._cursor = event.id
        if len(found) == _BATCH:
            return True
        self._cursor = max(self._cursor, newest)  # what others see need not be looked through again
        return False
