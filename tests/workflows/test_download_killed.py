"""A download whose worker is killed while it packs: a process of its own, with `kill -9`."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.contracts.batches import BatchWork, Packed
from schema.db import Database
from schema.enums import AssetKind, BatchAction, Outcome
from tests.fakes.workers import Workers
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import Case
from tests.workflows.hasty_workers import hasty
from tests.workflows.killable import Killable, Narrow, environment
from tests.workflows.platform import Platform
from tests.workflows.test_download import made
from workflows import other_steps
from workflows.names import Queue

_FILMS = 4
_FILM = bytes(range(256)) * (16 << 10)
"""4 MiB."""


async def test_it_is_packed_whole_and_once_though_the_worker_is_killed(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    postgres_url: str,
    storage_endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(other_steps, "PACK_DOWNLOAD", hasty(other_steps.PACK_DOWNLOAD))
    client = await own_namespace(temporal_client)
    async with (
        Workers(client, database, object_store, without=[Queue.DOWNLOADS]) as workers,
        Narrow(storage_endpoint, len(_FILM) * _FILMS // 2) as store,
    ):
        platform, case = Platform(client, database, object_store, workers), Case(client, database)
        film = (AssetKind.ACCESSIBLE_VIDEO_MP4, _FILM, "video/mp4")
        jobs = [await made(platform, f"Film {number}", video_mp4=film) for number in range(_FILMS)]
        batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), jobs)
        env = environment(client, postgres_url, store.endpoint, object_store.bucket, tmp_path)
        with Killable(env, "workers", Queue.DOWNLOADS.value) as worker:
            handle = await case.start(batch)
            await asyncio.wait_for(store.stuck.wait(), 200)
            await worker.kill()
            assert (await case.row(batch)).result is None
            store.open.set()
            worker.begin()
            state = await asyncio.wait_for(case.ended(batch), 300)
    assert state.counts == {Outcome.DONE: _FILMS}
    result = Packed.kept((await case.row(batch)).result)
    there = await object_store.list_prefix(f"batches/{batch.id}/")
    assert [each.name for each in there] == [result.object_name]
    path = tmp_path / "all.zip"
    await object_store.download(result.object_name, path)
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        manifest = json.loads(opened.read("manifest.json"))
        assert len(opened.namelist()) == _FILMS + 1
        for told in manifest["files"]:
            digest = hashlib.sha256(opened.read(told["path"])).hexdigest()
            assert (digest, told["size_bytes"]) == (told["sha256"], len(_FILM))
    assert {told["job_id"] for told in manifest["files"]} == {str(job_id) for job_id in jobs}
    assert manifest["not_packed"] == []
    history = await handle.fetch_history()
    packed = [
        event.activity_task_started_event_attributes.attempt
        for event in history.events
        if event.HasField("activity_task_started_event_attributes")
    ]
    assert packed[0] > 1, "the second process went on with what the first had begun"
