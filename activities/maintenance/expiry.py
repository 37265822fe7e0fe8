"""What nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from activities.maintenance.items import Round
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.queries import sweeps

_AT_ONCE = 5_000
"""Rows of one statement: it holds no lock for long."""
_TURNS = 200


class ExpiryActivities:
    def __init__(self, database: Database, events_kept: timedelta = sweeps.EVENTS_KEPT) -> None:
        self._database = database
        self._events_kept = events_kept

    @activity.defn(name="expire_records")
    async def expire_records(self, cursor: Cursor = Cursor()) -> Swept:
        """Delete what has expired, each kind by itself, and at most a million rows of each in one sweep."""
        done = Round()

        async def expire(what: str) -> bool:
            for _ in range(_TURNS):
                async with self._database.begin() as session:
                    deleted = await sweeps.expire(session, what, self._events_kept, limit=_AT_ONCE)
                done.add(seen_to=deleted)
                activity.heartbeat()
                if deleted < _AT_ONCE:
                    break
            return False

        await done.each(sweeps.EXPIRING, str, expire, limit_s=None)
        return done.ended(Cursor())
