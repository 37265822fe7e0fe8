"""A worker's files: a bounded cache of the bucket's objects on its disk, and scratch folders that clean up.

Objects are read far more often than they change: a source is downloaded once for probe, describe and mux on one
machine. Entries are addressed by name and generation; those used longest ago go first when the bound is reached.
What an attempt works with is linked into its own folder, and stays for as long as that, whoever needs room meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from activities.running.leftovers import OwnFolder
from schema import objects
from schema.errors import NotFound
from schema.object_store import ObjectStore


class Workspace:
    """`folder` may be shared by the worker processes of one machine. What one of them leaves half made when it is
    killed is gone when the next one starts."""

    def __init__(self, store: ObjectStore, folder: Path, limit_bytes: int) -> None:
        self._store = store
        self._objects = folder / "objects"
        self._own = OwnFolder(folder / "scratch")
        self.limit_bytes = limit_bytes
        self.ranges = folder / "ranges"
        """The render's own cache, which the mux step also limits to `limit_bytes`."""
        for each in (self._objects, self.ranges):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def fetch(self, name: str, folder: Path) -> Path:
        """The object as a file in `folder`, which is an attempt's `scratch`, to be read only.

        Raises:
            NotFound: there is no such object.
        """
        info = await self._store.stat(name)
        if info is None:
            raise NotFound(
                f"{self._store.uri(name)} is not in the bucket any more. Run the step that makes it again."
            )
        key = hashlib.sha256(f"{name}#{info.generation}".encode()).hexdigest()
        kept = self._objects / f"{key}{Path(name).suffix}"
        path = folder / kept.name
        with contextlib.suppress(FileNotFoundError):
            _link(kept, path)
            _use(path)
            return path
        await asyncio.to_thread(self._make_room, info.size)
        await self._store.download(name, path)
        _use(path)
        _link(path, kept)
        return path

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[Path]:
        """A folder for one attempt."""
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=self._own.path))
        try:
            yield folder
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    def _make_room(self, wanted: int) -> None:
        """Evicts entries. An object larger than the limit is fetched anyway. Files in use are skipped, since removing
        them here would free nothing."""
        entries: list[tuple[Path, os.stat_result]] = []
        for path in self._objects.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process evicts too
                entries.append((path, path.stat()))
        used = sum(stat.st_size for _, stat in entries)
        for path, stat in sorted(entries, key=lambda entry: entry[1].st_mtime_ns):
            if used + wanted <= self.limit_bytes:
                return
            if stat.st_nlink == 1:
                path.unlink(missing_ok=True)
                used -= stat.st_size


def _link(existing: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):  # another attempt uses it as well
        os.link(existing, path)


def _use(path: Path) -> None:
    """To the nanosecond: by itself a file system may keep no more than the last tick of its clock."""
    at = time.time_ns()
    os.utime(path, ns=(at, at))


class BucketCheckpoints:
    """`Checkpoints` of one job's step, kept in the bucket: a reset loses heartbeat details, never these."""

    def __init__(self, store: ObjectStore, job_id: object, step: str) -> None:
        self._store = store
        self._job_id = job_id
        self._step = step

    async def get(self, key: str) -> bytes | None:
        try:
            return await self._store.read(self._name(key))
        except NotFound:
            return None

    async def put(self, key: str, value: bytes) -> None:
        await self._store.write(self._name(key), value, "application/octet-stream")

    def _name(self, key: str) -> str:
        return objects.checkpoint(self._job_id, self._step, key)
