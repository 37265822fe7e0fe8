"""What nobody needs any more."""

from __future__ import annotations

from temporalio import activity

from activities.maintenance.items import Round
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.queries import sweeps

_AT_ONCE = 5_000
"""Rows of one statement: it holds no lock for long."""
_TURNS = 200


class ExpiryActivities:
    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="expire_records")
    async def expire_records(self, cursor: Cursor = Cursor()) -> Swept:
        """Delete what has expired, each kind by itself, and at most a million rows of each in one sweep."""
        done = Round()

        async def expire(what: str) -> bool:
            for _ in range(_TURNS):
                async with self._database.begin() as session:
                    deleted = await sweeps.expire(session, what, limit=_AT_ONCE)
                done.add(seen_to=deleted)
                activity.heartbeat()
                if deleted < _AT_ONCE:
                    break
            return False

        await done.each(sweeps.EXPIRING, str, expire, limit_s=None)
        return done.ended(Cursor())
