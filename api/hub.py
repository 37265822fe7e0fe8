"""Feeds all sockets of a process: the event log is read once for all of them, together with who may see each event.

Each read is one database snapshot of the events and of the rights of everyone who is connected. So events after
somebody's removal are never shown to them, and no cache of rights has to be kept up to date.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Set
from uuid import UUID

from api.bodies.live import Changed, Close
from api.inbox import Inbox
from api.live import Listener
from schema.db import Database
from schema.errors import Unavailable
from schema.queries import events, sessions
from schema.queries.audience import Audience, audience_of

logger = logging.getLogger(__name__)

_TOGETHER_S = 0.1
"""Changes within this time are read together."""
_LOOK_S = 10.0
"""How often the log is read without a notification, in case one was lost or somebody's rights changed."""
_BATCH = 500
_MOST_PROGRESS = 1_000
"""How many languages' progress is kept between two reads; the newest for each."""
_AGAIN_S = 1.0


class Hub:
    """Distributes events to the inboxes of those who may see them."""

    def __init__(self, database: Database, database_url: str, sockets_per_user: int) -> None:
        self._database, self._most = database, sockets_per_user
        self._inboxes: defaultdict[UUID, list[Inbox]] = defaultdict(list)
        self._progress: dict[tuple[UUID, str | None], events.Progress] = {}
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()
        """Nobody joins during a read, which would be too late for them."""
        self._position = 0
        """The last event that was distributed."""
        self._closing = False
        listener = Listener(database_url, self._news.set, self._note)
        self._tasks = [
            asyncio.create_task(listener.listen(), name="live-status"),
            asyncio.create_task(self._deal(), name="live-events"),
        ]

    @property
    def listeners(self) -> int:
        """The number of sockets."""
        return sum(len(of_one) for of_one in self._inboxes.values())

    @contextlib.asynccontextmanager
    async def joined(self, inbox: Inbox, newest: int) -> AsyncIterator[int]:
        """Yields the event id after which the inbox receives all events. `newest` is the last one that its owner knows
        of. An inbox is ended if its user has too many, or it joins too late."""
        user_id = inbox.claims.user_id
        async with self._turn:
            if not self.listeners:
                self._position = newest
            if self._closing:
                inbox.end(Close.GOING_AWAY)
            elif len(self._inboxes[user_id]) >= self._most:
                inbox.end(Close.TOO_MANY)
            else:
                self._inboxes[user_id].append(inbox)
        try:
            yield self._position
        finally:
            with contextlib.suppress(ValueError):
                self._inboxes[user_id].remove(inbox)
            if not self._inboxes[user_id]:
                del self._inboxes[user_id]

    async def stop(self) -> None:
        """Ends the connection and tells every socket to close."""
        self._closing = True
        for inbox in [each for of_one in self._inboxes.values() for each in of_one]:
            inbox.end(Close.GOING_AWAY)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _note(self, told: str) -> None:
        with contextlib.suppress(ValueError):
            progress = events.Progress.model_validate_json(told)
            if len(self._progress) < _MOST_PROGRESS:
                self._progress[progress.job_id, progress.language] = progress
            self._news.set()

    async def _deal(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), _LOOK_S)
                await asyncio.sleep(_TOGETHER_S)
            self._news.clear()
            try:
                async with self._turn:
                    full = await self._look()
            except Unavailable:
                full = False  # the database is unavailable: sockets stay open, and are served later
                await asyncio.sleep(_AGAIN_S)
            except Exception:  # otherwise nobody would receive anything any more
                logger.exception("live status could not read the events")
                full = False
                await asyncio.sleep(_AGAIN_S)
            if full:
                self._news.set()

    async def _look(self) -> bool:
        """Distributes new events. Returns whether there may be more right away."""
        noted, self._progress = list(self._progress.values()), {}
        if not self._inboxes:
            return False
        async with self._database.begin() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            happened = await events.every_after(session, self._position, _BATCH)
            moving = await events.moving(session, noted)
            audience = await audience_of(
                session, list(self._inboxes), [each.place for each in (*happened, *moving)]
            )
            claims = [inbox.claims for of_one in self._inboxes.values() for inbox in of_one]
            families = {each.family for each in claims if each.family is not None}
            going_on = await sessions.going_on(session, families)
        self._end_of_session(audience, going_on)
        for event in happened:
            assert event.id is not None
            self._give(audience, event, event.id, kept=True)
            self._position = event.id
        for event in moving:
            self._give(audience, event, self._position, kept=False)
        return len(happened) == _BATCH

    def _end_of_session(self, audience: Audience, going_on: Set[UUID]) -> None:
        for user_id, inboxes in self._inboxes.items():
            person = audience.people.get(user_id)
            for inbox in inboxes:
                family = inbox.claims.family
                ended = family is not None and family not in going_on
                if ended or person is None or person.epoch != inbox.claims.epoch:
                    inbox.end(Close.SIGN_IN_AGAIN)

    def _give(self, audience: Audience, event: events.Happened, event_id: int, *, kept: bool) -> None:
        whole: str | None = None
        told = Changed.for_client(event, event_id)
        smaller = None if told is None else told.model_dump_json()
        for user_id, inboxes in self._inboxes.items():
            if not audience.sees(user_id, event.place):
                continue
            if audience.as_client(user_id, event.place):
                text = smaller
            else:
                text = whole = whole or Changed.of(event, event_id).model_dump_json()
            if text is not None:
                for inbox in inboxes:
                    inbox.put(event_id, text, kept=kept)


@contextlib.asynccontextmanager
async def running_hub(
    database: Database, database_url: str, sockets_per_user: int = 20
) -> AsyncIterator[Hub]:
    """Runs the hub of a process."""
    hub = Hub(database, database_url, sockets_per_user)
    try:
        yield hub
    finally:
        await hub.stop()
