"""What waits to be sent over one socket: bounded, so that a peer that takes little costs little."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass

from api.bodies.live import Close
from api.tokens import Claims

MOST = 1_000
"""Messages; who is so far behind is let go, and reads on from the log."""


@dataclass(frozen=True, slots=True)
class Message:
    """As it is sent. `kept` says that the log has it; else it is shown to whoever is there."""

    event_id: int
    text: str
    kept: bool


class Inbox:
    """The hub puts, one socket takes."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims
        self.ending: Close | None = None
        """Set when there is nothing more to be taken."""
        self._messages: deque[Message] = deque()
        self._news = asyncio.Event()

    def put(self, event_id: int, text: str, *, kept: bool) -> None:
        if len(self._messages) >= MOST:
            self.end(Close.BEHIND)
        else:
            self._messages.append(Message(event_id, text, kept))
            self._news.set()

    def end(self, why: Close) -> None:
        """The first reason counts."""
        self.ending = self.ending or why
        self._news.set()

    async def take(self, seconds: float) -> list[Message]:
        """What there is, at the latest after so many seconds, when there may be nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()
        taken = list(self._messages)
        self._messages.clear()
        return taken
