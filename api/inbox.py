"""The messages that wait to be sent over one socket. The number is bounded, so that a slow client costs little."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass

from api.bodies.live import Close
from api.tokens import Claims

MOST = 1_000
"""Messages. A client that falls further behind is disconnected, and resumes from the log."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent. `kept` says that it is in the log; otherwise only connected clients receive it."""

    event_id: int
    text: str
    kept: bool


class Inbox:
    """The hub puts messages, one socket takes them."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims
        self.ending: Close | None = None
        """Set once no more messages will come."""
        self._messages: deque[Message] = deque()
        self._news = asyncio.Event()

    def put(self, event_id: int, text: str, *, kept: bool) -> None:
        if len(self._messages) >= MOST:
            self.end(Close.BEHIND)
        else:
            self._messages.append(Message(event_id, text, kept))
            self._news.set()

    def end(self, why: Close) -> None:
        """Ends the inbox. The first reason is kept."""
        self.ending = self.ending or why
        self._news.set()

    async def take(self, seconds: float) -> list[Message]:
        """Returns the waiting messages, at the latest after this many seconds, when there may be none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()
        taken = list(self._messages)
        self._messages.clear()
        return taken
