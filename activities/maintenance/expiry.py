"""Deletes expired data."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from temporalio import activity

from activities.maintenance.items import Round
from activities.maintenance.replaced import release_replaced
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.object_store import ObjectStore
from schema.queries import batches, sweeps
from schema.tables import Batch, now

_AT_ONCE = 5_000
"""Rows per statement, so that locks are short."""
_TURNS = 200
_FILES = 200
"""Files per page; each is a request to the bucket."""
_DOWNLOADS = 100
"""ZIPs per sweep."""


class ExpiryActivities:
    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        events_kept: timedelta = sweeps.EVENTS_KEPT,
        replaced_kept: timedelta = sweeps.REPLACED_KEPT,
    ) -> None:
        self._database = database
        self._store = store
        self._events_kept = events_kept
        self._replaced_kept = replaced_kept

    @activity.defn(name="expire_records")
    async def expire_records(self, cursor: Cursor = Cursor()) -> Swept:
        """Deletes expired rows, kind by kind, at most a million of each per sweep; and files that were uploaded and
        never used, or were replaced long ago, with their objects."""
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
        await release_replaced(done, self._database, self._store, now() - self._replaced_kept)
        await self._sweep_files(done)
        await self._sweep_downloads(done)
        return done.ended(Cursor())

    async def _sweep_files(self, done: Round) -> None:
        last: UUID | None = None
        for _ in range(_TURNS):
            async with self._database.begin() as session:
                page = await sweeps.unused_uploads(session, last, limit=_FILES)
            await done.each(page, lambda each: f"file {each[0]}", self._forget)
            if len(page) < _FILES:
                break
            last = page[-1][0]

    async def _forget(self, upload: tuple[UUID, str]) -> bool:
        """Deletes the object first: a row without an object is found again, an object without a row never."""
        await self._store.delete(upload[1])
        async with self._database.begin() as session:
            return await sweeps.forget_upload(session, upload[0])

    async def _sweep_downloads(self, done: Round) -> None:
        async with self._database.begin() as session:
            over = await batches.expired(session, limit=_DOWNLOADS)
        await done.each(over, lambda each: f"download {each.id}", self._drop)

    async def _drop(self, batch: Batch) -> bool:
        """Deletes the object first: a row that still refers to it is processed again."""
        await self._store.delete_prefix(f"batches/{batch.id}/")
        async with self._database.begin() as session:
            await batches.drop(session, batch.id)
        return True
