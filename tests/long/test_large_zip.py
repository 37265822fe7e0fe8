"""A ZIP of 200 files and 20 GB, packed by a worker of its own, which may hold none of it; opened by others than its
writer.

ZIP_GB makes it smaller. The bucket has a film that many assets name, so that the disk holds little but the ZIP.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.contracts.batches import BatchWork, Packed
from schema.db import Database
from schema.enums import AssetKind, BatchAction, Outcome
from schema.queries import assets
from schema.tables import Asset
from tests.factories import make_job
from tests.fakes.workers import Workers
from tests.long.memory import held_mb
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import Case
from tests.workflows.killable import Killable, environment
from tests.workflows.platform import PLAIN
from workflows.names import Queue

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]
_GB = float(os.environ.get("ZIP_GB", "20"))
_JOBS, _LANGUAGES = 20, ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "ja", "ko")
_FILES = _JOBS * len(_LANGUAGES)
_FILM_BYTES = int(_GB * 1e9 / _FILES)
_MOST_MB = 100
_PATIENCE_S = 6000


async def test_a_zip_of_20_gb(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    postgres_url: str,
    storage_endpoint: str,
    stack_folder: Path,
    tmp_path: Path,
) -> None:
    free, needed = shutil.disk_usage(stack_folder).free, _FILM_BYTES * (_FILES + 2)
    if free < needed * 1.1:
        pytest.skip(f"{needed / 1e9:.0f} GB are needed in {stack_folder}, and {free / 1e9:.0f} GB are free")
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(_FILM_BYTES)
    await object_store.upload("large-zip/film.mp4", film, "video/mp4")
    jobs = [(await make_job(database, PLAIN, title=f"Film {number}")).id for number in range(_JOBS)]
    async with database.begin() as session:
        for job_id in jobs:
            for language in _LANGUAGES:
                row = Asset(
                    job_id=job_id,
                    language=language,
                    kind=AssetKind.ACCESSIBLE_VIDEO_MP4,
                    object_name="large-zip/film.mp4",
                    content_type="video/mp4",
                    size_bytes=_FILM_BYTES,
                    details={},
                )
                await assets.put(session, row)
    client = await own_namespace(temporal_client)
    env = environment(client, postgres_url, storage_endpoint, object_store.bucket, tmp_path)
    case = Case(client, database)
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), jobs)
    small = await case.make(BatchWork(action=BatchAction.DOWNLOAD, languages=("ko",)), jobs[:1])
    async with Workers(client, database, object_store, without=[Queue.DOWNLOADS]):
        with Killable(env, "workers", Queue.DOWNLOADS.value) as worker:
            await case.start(small)
            await asyncio.wait_for(case.ended(small), _PATIENCE_S)
            before = held = held_mb(worker.pid)
            handle = await case.start(batch)
            packing = asyncio.create_task(handle.result())
            while not packing.done():
                held = max(held, held_mb(worker.pid))
                await asyncio.wait([packing], timeout=0.5)
            state = await case.ended(batch)
    print(f"\n{_FILES} files, {_GB:g} GB: {before:.0f} MB after a small ZIP, at most {held:.0f} MB")
    assert state.counts == {Outcome.DONE: _JOBS}
    assert held - before < _MOST_MB
    result = Packed.kept((await case.row(batch)).result)
    path = _content_of(stack_folder, result.size_bytes)
    with zipfile.ZipFile(path) as opened:
        found = opened.infolist()
        assert len({each.filename for each in found}) == _FILES + 1
        assert [each.file_size for each in found[:-1]] == [_FILM_BYTES] * _FILES
    for command in (("unzip", "-tq"), ("7z", "l"), ("7zz", "l"), ("7za", "l")):
        if shutil.which(command[0]) is None:
            print(f"{command[0]} is not installed")
            continue
        said = await asyncio.to_thread(subprocess.run, [*command, str(path)], capture_output=True, text=True)
        assert said.returncode == 0, said.stdout[-2000:] + said.stderr[-2000:]
    await object_store.delete(result.object_name)


def _content_of(stack_folder: Path, size: int) -> Path:
    """Where the store has the only object of this size: it is read in place, for a copy would need the room again."""
    (path,) = (
        each
        for each in (stack_folder / "storage" / "content").rglob("*")
        if each.is_file() and each.stat().st_size == size
    )
    return path
