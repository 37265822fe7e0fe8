"""Packs what many jobs have made into one ZIP, from the bucket to the bucket, as it is read.

The format is the standard library's: ZIP64 where it is needed, and the sizes of a file behind it, for they are not
known before it was read. Media is stored, text deflated. At most a piece of a file is in memory, and nothing on disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, BinaryIO
from uuid import UUID

from temporalio import activity

from activities.batches.beat import beating
from activities.batches.contents import MANIFEST, Entry, Names, entries, wanted, why_nothing
from schema.contracts.batches import BatchAsked, BatchRef, Packed, PackResult
from schema.db import Database
from schema.enums import Outcome, Role
from schema.errors import Invalid, NotFound
from schema.object_store import ObjectStore
from schema.permissions import Principal
from schema.queries import assets, batch_items, batches, jobs
from schema.tables import Batch, now

KEPT = timedelta(days=7)
_FIRST_YEAR = 1980
"""The earliest time that ZIP can represent."""


@dataclass
class _Told:
    """The contents of the manifest."""

    files: list[dict[str, Any]] = field(default_factory=list)
    not_packed: list[dict[str, str]] = field(default_factory=list)
    outcomes: dict[UUID, tuple[Outcome, str | None]] = field(default_factory=dict)
    internal_of: set[UUID] = field(default_factory=set)

    def leave_out(self, job_id: UUID, outcome: Outcome, reason: str) -> None:
        self.outcomes[job_id] = (outcome, reason)
        self.not_packed.append({"job_id": str(job_id), "reason": reason})


class PackingActivities:
    """Two at once per process. Each writes in one thread, and reads in another."""

    def __init__(self, database: Database, store: ObjectStore, kept: timedelta = KEPT) -> None:
        self._database = database
        self._store = store
        self._kept = kept

    @activity.defn(name="pack_download")
    async def pack_download(self, inputs: BatchRef) -> PackResult:
        async with self._database.begin() as session:
            batch = await batches.load(session, inputs.batch_id)
            if batch is None:
                raise Invalid("There is no such batch any more.")
        if batch.result is None:
            async with beating():
                await self._pack(batch)
        async with self._database.begin() as session:
            fresh = await batches.load(session, inputs.batch_id)
            counts, _ = await batch_items.tally(session, inputs.batch_id, 1, batch.total or 0)
        assert fresh is not None and fresh.result is not None
        made = Packed.kept(fresh.result)
        return PackResult(files=made.files, size_bytes=made.size_bytes, counts=counts)

    async def _pack(self, batch: Batch) -> None:
        told = _Told()
        found = await self._contents(batch, told)
        name = f"batches/{batch.id}/download.zip"
        loop = asyncio.get_running_loop()

        def produce(target: BinaryIO) -> None:
            with zipfile.ZipFile(target, "w", allowZip64=True) as packed:
                for entry in found:
                    _add(packed, entry, self._pieces(entry, loop), told)
                said = {"made_at": now().isoformat(), "files": told.files, "not_packed": told.not_packed}
                packed.writestr(_info(MANIFEST, now(), deflated=True), json.dumps(said, indent=1))

        stored = await self._store.upload_stream(name, produce, "application/zip")
        result = Packed(
            object_name=name,
            filename=f"accessible-video {batch.created_at:%Y-%m-%d %H%M}.zip",
            size_bytes=stored.size,
            files=len(told.files),
            packed_at=now(),
            internal_of=tuple(sorted(told.internal_of)),
        )
        async with self._database.begin() as session:
            await batch_items.settle(session, batch.id, told.outcomes)
            await batches.packed(session, batch.id, result, now() + self._kept)

    async def _contents(self, batch: Batch, told: _Told) -> list[Entry]:
        """The files to pack, and the result for each job, as its owner sees it now."""
        work, names = BatchAsked.kept(batch.asked).work, Names()
        found: list[Entry] = []
        async with self._database.begin() as session:
            who = await batches.owner(session, batch)
            job_ids = await batch_items.waiting(session, batch.id, 1, batch.total or 0)
        for job_id in job_ids:
            async with self._database.begin() as session:
                job = await jobs.visible(session, who, job_id) if who is not None else None
                made = await assets.of_job(session, job_id) if job is not None else ()
            if job is None or who is None:
                told.leave_out(job_id, Outcome.NOT_FOUND, "There is no such job among those that you see.")
                continue
            outside = _only_client(who, job.org_id)
            if outside:
                if job.delivered is None:
                    told.leave_out(job_id, Outcome.REFUSED, "It is not complete yet.")
                    continue
                made = assets.for_clients(job)
            here, gone = await self._there(entries(job, wanted(made, work), names))
            found += here
            if here and not outside:
                told.internal_of.add(job.org_id)
            if here:
                missing = f"Not in the bucket any more: {', '.join(gone)}." if gone else None
                told.outcomes[job_id] = (Outcome.DONE, missing)
            else:
                reason = (
                    f"Not in the bucket any more: {', '.join(gone)}."
                    if gone
                    else why_nothing(job, bool(made))
                )
                told.leave_out(job_id, Outcome.REFUSED, reason)
        return found

    async def _there(self, asked: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
        """The files whose object is in the bucket, and the paths of the others."""
        stats = await asyncio.gather(*(self._store.stat(entry.object_name) for entry in asked))
        here = [entry for entry, stat in zip(asked, stats, strict=True) if stat is not None]
        return here, [entry.path for entry, stat in zip(asked, stats, strict=True) if stat is None]

    def _pieces(self, entry: Entry, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
        """The chunks of the object, for the thread that writes."""
        stream = self._store.stream(entry.object_name)
        while True:
            piece = asyncio.run_coroutine_threadsafe(_next(stream), loop).result()
            if piece is None:
                return
            yield piece


async def _next(stream: AsyncIterator[bytes]) -> bytes | None:
    return await anext(stream, None)


def _add(packed: zipfile.ZipFile, entry: Entry, pieces: Iterator[bytes], told: _Told) -> None:
    """Raises:
    Unavailable: the object was replaced while it was read; the archive is packed again.
    """
    digest, size = hashlib.sha256(), 0
    try:
        first = next(pieces, b"")
    except NotFound:  # between the check and the read
        job_id = UUID(entry.about["job_id"])
        told.not_packed.append(
            {"job_id": str(job_id), "reason": f"Not in the bucket any more: {entry.path}."}
        )
        return
    info = _info(entry.path, entry.made_at, deflated=entry.is_text)
    with packed.open(info, "w", force_zip64=True) as file:
        for piece in chain([first], pieces):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    told.files.append({"path": entry.path, "sha256": digest.hexdigest(), "size_bytes": size, **entry.about})


def _info(path: str, at: datetime, *, deflated: bool) -> zipfile.ZipInfo:
    moment = at.astimezone(UTC)
    when = (
        max(moment.year, _FIRST_YEAR),
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
    )
    info = zipfile.ZipInfo(path, when)
    info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    info.external_attr = 0o100644 << 16
    return info


def _only_client(who: Principal, org_id: UUID) -> bool:
    """Whether the owner is only a client there, who gets what was delivered."""
    return who.roles_in(org_id) <= {Role.CLIENT}
