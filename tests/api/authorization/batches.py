"""Batches, which are their owner's, and those of their organisation who see all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from schema.contracts.batches import BatchAsked, BatchWork, Packed
from schema.enums import BatchAction, BatchStatus, JobStatus, Outcome, Role
from schema.queries import batches
from schema.tables import Batch, BatchItem, now
from tests.api.authorization.things import job
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed
from tests.api.people import Person
from workflows.batches import start_batch

_BATCH = "/batches/{batch_id}"
NO_JOB = {"label": "Of no job"}
"""A filter's condition that is true of none."""
_FAILED = job(JobStatus.FAILED)


def _of(site: Site, owner_id: UUID, action: BatchAction = BatchAction.RETRY, **fields: Any) -> Batch:
    asked = BatchAsked(work=BatchWork(action=action)).model_dump(mode="json")
    whose = {"owner_id": owner_id, "org_id": site.org.id, **fields}
    return Batch(id=uuid4(), action=action, asked=asked, started_at=now(), total=1, **whose)


def _ended(*, own: bool = False, in_one_place: bool = True) -> Make:
    """Not the caller's `own`, it is of somebody who is not asked."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        owner_id = caller.id if own else (await world.user(Role.PRODUCTION, site.org.id)).id
        row = _of(site, owner_id, status=BatchStatus.COMPLETED, finished_at=now())
        row.org_id = site.org.id if in_one_place else None
        await world.add(row)
        return {"batch_id": row.id}

    return make


def _paused(*, own: bool = False) -> Make:
    """One that runs, and has nothing to do before it is resumed."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        owner_id = caller.id if own else (await world.user(Role.PRODUCTION, site.org.id)).id
        row = _of(site, owner_id, status=BatchStatus.PAUSED)
        async with world.database.begin() as session:
            await batches.insert_named(session, row, [uuid4()])
        start = batches.to_start(row).model_copy(update={"paused": True})
        await start_batch(world.parts.temporal, start)
        return {"batch_id": row.id}

    return make


async def _packed(world: World, site: Site, caller: Person) -> Ids:
    """The caller's own, which they had asked for while they saw its job."""
    ids = await job(JobStatus.COMPLETED)(world, site, caller)
    made = Packed(object_name=f"{uuid4()}.zip", filename="jobs.zip", size_bytes=9, files=1, packed_at=now())
    ended = {"status": BatchStatus.COMPLETED, "finished_at": now(), "expires_at": now() + timedelta(hours=1)}
    row = _of(site, caller.id, BatchAction.DOWNLOAD, result=made.model_dump(mode="json"), **ended)
    await world.add(row, BatchItem(batch_id=row.id, job_id=ids["job_id"], position=1, outcome=Outcome.DONE))
    return {"batch_id": row.id}


async def _place(world: World, site: Site, caller: Person) -> Ids:
    """Of a client that has a job that failed."""
    await _FAILED(world, site, caller)
    return {"org_id": site.org.id, "client_id": site.client.id}


def _retried(ids: Ids) -> Ids:
    return {"action": "retry", "job_ids": [str(ids["job_id"])]}


def _filtered(ids: Ids) -> Ids:
    """Of no job: those of the client are other lines'."""
    return _of_client(ids, **NO_JOB)


def _of_client(ids: Ids, **more: str | list[str]) -> Ids:
    place = {"org_id": str(ids["org_id"]), "client_id": str(ids["client_id"])}
    return {"action": "retry", "filter": {**place, **more}}


def _jobs(answer: Any, ids: Ids) -> bool:
    return bool(answer["jobs"])


def _there(answer: Any, ids: Ids) -> bool:
    """Whether it is of the organisation, whose people see it then."""
    return bool(answer["org_id"] == str(ids["org_id"]))


ENTRIES = {
    "GET /batches": Entry(_ended(), query=lambda ids: "size=100", shown=listed("batch_id")),
    "GET /batches (one's own)": Entry(
        _ended(own=True), query=lambda ids: "size=100", shown=listed("batch_id"), own_each=True
    ),
    "GET /batches (of no one organisation)": Entry(
        _ended(in_one_place=False), query=lambda ids: "size=100", shown=listed("batch_id")
    ),
    "POST /batches": Entry(_FAILED, _retried, shown=_there),
    "POST /batches (foreseen)": Entry(_FAILED, lambda ids: {**_retried(ids), "dry_run": True}, shown=_jobs),
    "POST /batches (by a filter)": Entry(_place, _filtered, shown=_there),
    "POST /batches (by a filter, foreseen)": Entry(
        _place, lambda ids: {**_of_client(ids, status=["failed"]), "dry_run": True}, shown=_jobs
    ),
    f"GET {_BATCH}": Entry(_ended()),
    f"GET {_BATCH} (one's own)": Entry(_ended(own=True), own_each=True),
    f"GET {_BATCH} (of no one organisation)": Entry(_ended(in_one_place=False)),
    f"GET {_BATCH} (what one's own packed)": Entry(
        _packed, shown=lambda answer, ids: answer["download"] is not None, own_each=True
    ),
    **{f"POST {_BATCH}/{what}": Entry(_paused()) for what in ("pause", "resume", "cancel")},
    **{
        f"POST {_BATCH}/{what} (one's own)": Entry(_paused(own=True), own_each=True)
        for what in ("pause", "resume", "cancel")
    },
}
