"""Jobs that were deleted long ago."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from temporalio import activity

from activities.maintenance.items import Round
from schema.contracts.sweeps import Cursor, LastJob, Swept
from schema.db import Database
from schema.object_store import ObjectStore
from schema.queries import jobs, kept
from schema.tables import Job

_PAGE = 50
"""Jobs of one sweep: each has some dozens of objects, which are deleted one by one."""


class PurgeActivities:
    def __init__(
        self, database: Database, store: ObjectStore, deleted_kept: timedelta = kept.DELETED_KEPT
    ) -> None:
        self._database = database
        self._store = store
        self._deleted_kept = deleted_kept

    @activity.defn(name="purge_jobs")
    async def purge_jobs(self, cursor: Cursor = Cursor()) -> Swept:
        """Purge jobs that nobody has restored in time: a page a sweep, each job by itself, so that one that cannot be
        purged is passed by and tried again when the sweep has come round."""
        done = Round()
        before = activity.info().scheduled_time - self._deleted_kept
        async with self._database.begin() as session:
            page = await kept.to_purge(session, cursor.after, before, limit=_PAGE)
        await done.each(page, lambda each: f"job {each.id}", self._purge, limit_s=None)
        return done.ended(Cursor(after=page[-1] if len(page) == _PAGE else None))

    async def _purge(self, each: LastJob) -> bool:
        """The objects first: a row without them is found again, an object without a row never. What another job shares
        stays."""
        async with self._database.begin() as session:
            job = await jobs.load(session, each.id)
            if job is None or job.deleted_at is None:
                return False
            files = [self._store.name_of(uri) for uri in await kept.brought(session, job)]
        await self._delete_objects(job, files)
        async with self._database.begin() as session:
            await kept.purge(session, job, files)
        return True

    async def _delete_objects(self, job: Job, files: list[str]) -> None:
        names = {each.name for each in await self._store.list_prefix(_folder(job.id))}
        async with self._database.begin() as session:
            staying = await kept.shared(session, job.id, names | set(files))
        for name in sorted((names | set(files)) - staying):
            await self._store.delete(name)
            activity.heartbeat()


def _folder(job_id: UUID) -> str:
    """Of all that was made for a job, and of its source."""
    return f"jobs/{job_id}/"
