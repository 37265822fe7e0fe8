"""Purges jobs that were deleted long ago, data beyond its client's retention, and purged clients."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from temporalio import activity

from activities.maintenance.items import Round
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.errors import Invalid
from schema.object_store import ObjectStore
from schema.queries import jobs, kept, retention
from schema.queries.retention import Part

_PAGE = 50
"""Jobs per sweep. Each has some dozens of objects, which are deleted one by one."""


class PurgeActivities:
    def __init__(
        self, database: Database, store: ObjectStore, deleted_kept: timedelta = kept.DELETED_KEPT
    ) -> None:
        self._database = database
        self._store = store
        self._deleted_kept = deleted_kept

    @activity.defn(name="purge_jobs")
    async def purge_jobs(self, cursor: Cursor = Cursor()) -> Swept:
        """Purges jobs that were not restored in time: one page per sweep, each job separately. A job that cannot be
        purged is skipped, and tried again in the next round."""
        done = Round()
        before = activity.info().scheduled_time - self._deleted_kept
        async with self._database.begin() as session:
            page = await kept.to_purge(session, cursor.after, before, limit=_PAGE)
        await done.each([each.id for each in page], _named, self._purge, limit_s=None)
        async with self._database.begin() as session:
            theirs = await retention.of_purged_clients(session, limit=_PAGE)
        await done.each(theirs, _named, self._purge, limit_s=None)
        async with self._database.begin() as session:
            emptied = await retention.emptied_clients(session, limit=_PAGE)
        await done.each(emptied, lambda client_id: f"client {client_id}", self._purge_client, limit_s=None)
        for part in Part:
            await self._let_go(done, part)
        return done.ended(Cursor(after=page[-1] if len(page) == _PAGE else None))

    async def _purge_client(self, client_id: UUID) -> bool:
        async with self._database.begin() as session:
            return await retention.purge_client(session, client_id)

    async def _let_go(self, done: Round, part: Part) -> None:
        """Deletes the parts of closed jobs that are beyond their clients' retention."""
        async with self._database.begin() as session:
            due = await retention.due(session, part, limit=_PAGE)

        async def let_go(job_id: UUID) -> bool:
            async with self._database.begin() as session:
                job = await retention.begin(session, job_id, part)
                known = await retention.objects_of(session, job, part) if job else set()
                recorded = await kept.recorded(session, job_id) if part is Part.TEXTS else set()
            if job is None:
                return False
            for begin, end in retention.LYING[part]:
                there = await self._store.list_prefix(f"{_folder(job_id)}{begin}")
                known |= {each.name for each in there if each.name.endswith(end)}
            files = self._names(recorded)
            await self._delete(job_id, known | files)
            async with self._database.begin() as session:
                await kept.forget_files(session, files)
                await retention.end(session, job_id, part)
            return True

        await done.each(due, lambda job_id: f"{part} of {_named(job_id)}", let_go, limit_s=None)

    async def _purge(self, job_id: UUID) -> bool:
        """Deletes the objects first: a row without objects is found again, an object without a row never. Objects
        shared with another job are kept."""
        async with self._database.begin() as session:
            job = await jobs.load(session, job_id)
            if job is None or job.deleted_at is None:
                return False
            files = self._names(await kept.brought(session, job)) | kept.videos(job)
        names = {each.name for each in await self._store.list_prefix(_folder(job_id))}
        await self._delete(job_id, names | files)
        async with self._database.begin() as session:
            await kept.purge(session, job, files)
        return True

    def _names(self, uris: Iterable[str]) -> set[str]:
        """The names of objects in this platform's bucket. What staff typed may be elsewhere, and is not ours to
        delete."""
        names: set[str] = set()
        for uri in uris:
            with contextlib.suppress(Invalid):
                names.add(self._store.name_of(uri))
        return names

    async def _delete(self, job_id: UUID, names: set[str]) -> None:
        """Deletes the objects that no other job shares."""
        async with self._database.begin() as session:
            staying = await kept.shared(session, job_id, names)
        for name in sorted(names - staying):
            await self._store.delete(name)
            activity.heartbeat()


def _named(job_id: UUID) -> str:
    return f"job {job_id}"


def _folder(job_id: UUID) -> str:
    """The folders of a job's outputs, and of its source."""
    return f"jobs/{job_id}/"
