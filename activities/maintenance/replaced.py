"""Files that were replaced while their job exists: its source, dubs and recordings."""

from __future__ import annotations

from datetime import datetime

from activities.maintenance.items import Round
from schema.db import Database
from schema.object_store import ObjectStore
from schema.queries import kept, uploads
from schema.tables import Upload

_AT_ONCE = 200


async def release_replaced(done: Round, database: Database, store: ObjectStore, before: datetime) -> None:
    """Files that were replaced before `before` and that nothing refers to are swept with unused ones. Those that are
    still referred to are checked again later."""

    async def release(upload: Upload) -> bool:
        uri = store.uri(upload.object_name)
        if await _is_in_a_plan(upload, uri):
            async with database.begin() as session:
                await uploads.postpone(session, upload)
            return False
        async with database.begin() as session:
            at_work = upload.unused_by is not None and await kept.at_work(session, upload.unused_by)
            if at_work or await kept.named(session, uri, upload.object_name):
                await uploads.postpone(session, upload)
                return False
            return await uploads.release(session, upload)

    async def _is_in_a_plan(upload: Upload, uri: str) -> bool:
        if upload.unused_by is None:
            return False
        async with database.begin() as session:
            names = await kept.manifests(session, upload.unused_by)
        for name in sorted(names):
            if await store.stat(name) is not None and uri.encode() in await store.read(name):
                return True
        return False

    async with database.begin() as session:
        page = await uploads.replaced(session, before, limit=_AT_ONCE)
    await done.each(page, lambda upload: f"file {upload.id}", release)
