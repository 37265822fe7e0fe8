"""Somebody who listens on the socket all the time: what was told, once and in order?"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Self
from uuid import UUID

import httpx

from deploy.local.demo.client import Person, Refused
from deploy.local.demo.live import Live, SocketLost
from deploy.local.seed import PEOPLE
from schema.enums import Role
from tests.resilience.chaos.evidence import Investigator
from tests.resilience.chaos.platform import ChaosStack


class Listener:
    """Hears of every job, for it is the administrator's socket."""

    def __init__(self, stack: ChaosStack) -> None:
        admin = next(person for person in PEOPLE if person.role is Role.ADMIN)
        self._person = Person(stack.urls["api"], admin.email, admin.name, stack.keys.seed_password)
        self._url = stack.urls["api"]
        self._heard: list[int] = []
        self._news: defaultdict[UUID, asyncio.Event] = defaultdict(asyncio.Event)

    async def __aenter__(self) -> Self:
        await self._person.sign_in()
        live = Live(self._url, self._person)
        await live.open()
        self._task = asyncio.create_task(self._listen(live))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._person.__aexit__()

    async def _listen(self, live: Live) -> None:
        while True:  # whoever was away for longer than a demo waits opens it again
            with suppress(SocketLost, Refused, httpx.TransportError):
                async with aclosing(live.changes()) as changes:
                    async for change in changes:
                        if change.event != "progress":  # which carries the id of the event before it
                            self._heard.append(change.id)
                            self._news[change.job_id].set()
            await asyncio.sleep(1)

    async def news(self, job_id: UUID, seconds: float) -> None:
        """Returns when something was told of the job since the last time, or after so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news[job_id].wait(), seconds)
        self._news[job_id].clear()

    async def caught_up(self, investigator: Investigator, seconds: float) -> None:
        """Returns when the newest event was heard, or after so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    (newest,) = await investigator.ask(
                        "select max(id) as id from job_events where type <> 'progress'"
                    )
                    if newest["id"] is None or newest["id"] in self._heard:
                        return
                    await asyncio.sleep(0.5)

    async def wrong(self, investigator: Investigator) -> Iterator[str]:
        """Events that were told twice, not at all, or out of order."""
        rows = await investigator.ask("select id, type from job_events where type <> 'progress' order by id")
        there = {row["id"]: row["type"] for row in rows}
        heard = Counter(self._heard)
        found = []
        if self._heard != sorted(self._heard):
            found.append("the socket told events out of order")
        if twice := [each for each, count in heard.items() if count > 1]:
            found.append(f"the socket told {len(twice)} events twice: {twice[:10]}")
        if missed := [each for each in there if each not in heard]:
            found.append(
                f"the socket left out {len(missed)} events: {[(each, there[each]) for each in missed[:10]]}"
            )
        return iter(found)
