"""A worker's files: bounded, and never left behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest

from activities.running.workspace import Workspace
from activities.storage import GoogleStorage
from activities.storage.transfer import Transfer, run
from schema.errors import NotFound
from schema.object_store import ObjectInfo, ObjectStore, Progress

_WRITES_UNTIL_KILLED = """
import asyncio, sys, time
from pathlib import Path
from activities.running.workspace import Workspace

async def main():
    async with Workspace(None, Path(sys.argv[1]), 1).scratch() as folder:
        (folder / "half").write_bytes(bytes(1000))
        print("written", flush=True)
        time.sleep(600)

asyncio.run(main())
"""


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


async def test_what_is_fetched_is_kept_until_its_content_changes(
    object_store: GoogleStorage, tmp_path: Path
) -> None:
    workspace, name = Workspace(object_store, tmp_path, 1 << 20), f"{uuid4()}.txt"
    await object_store.write(name, b"one", "text/plain")
    async with workspace.scratch() as folder, workspace.scratch() as other:
        path = await workspace.fetch(name, folder)
        assert (path.parent, path.read_bytes(), path.suffix) == (folder, b"one", ".txt")
        assert await workspace.fetch(name, folder) == path
        assert (await workspace.fetch(name, other)).samefile(path)
        await object_store.write(name, b"two", "text/plain")
        assert (await workspace.fetch(name, folder)).read_bytes() == b"two"
        assert path.read_bytes() == b"one"
        await object_store.delete(name)
        with pytest.raises(NotFound, match="Run the step that makes it again"):
            await workspace.fetch(name, folder)


async def test_what_was_used_longest_ago_makes_room(object_store: GoogleStorage, tmp_path: Path) -> None:
    workspace = Workspace(object_store, tmp_path, 250)
    names = [f"{uuid4()}.bin" for _ in range(3)]
    for name in names:
        await object_store.write(name, bytes(100), "application/octet-stream")

    async def use(name: str) -> str:
        async with workspace.scratch() as folder:
            return (await workspace.fetch(name, folder)).name

    first, second, again, third = [await use(names[which]) for which in (0, 1, 0, 2)]
    assert first == again
    assert second not in files(tmp_path)
    assert files(tmp_path) == sorted([first, third])


async def test_what_somebody_works_with_stays_whoever_needs_room(
    object_store: GoogleStorage, tmp_path: Path
) -> None:
    workspace = Workspace(object_store, tmp_path, 150)
    names = [f"{uuid4()}.bin" for _ in range(3)]
    for name in names:
        await object_store.write(name, name.encode() + bytes(100), "application/octet-stream")
    async with workspace.scratch() as folder:
        paths = [await workspace.fetch(name, folder) for name in names]
        assert [path.read_bytes().rstrip(b"\0").decode() for path in paths] == names
    async with workspace.scratch() as folder:
        last = await workspace.fetch(names[0], folder)
    await object_store.write(names[1], bytes(100), "application/octet-stream")
    async with workspace.scratch() as folder:
        await workspace.fetch(names[1], folder)
    assert last.name not in files(tmp_path)
    assert len(files(tmp_path)) == 1


async def test_a_killed_process_leaves_nothing_to_the_next(
    object_store: GoogleStorage, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout and process.stdout.readline() == "written\n"
            living = Workspace(object_store, tmp_path, 1)
            assert files(tmp_path) == ["half"], "its process lives"
        finally:
            process.kill()
    async with living.scratch() as folder:
        (folder / "mine").touch()
        assert files(tmp_path) == ["half", "mine"]
        Workspace(object_store, tmp_path, 1)
        assert files(tmp_path) == ["mine"]
    assert files(tmp_path) == []


class SlowStore:
    """A download whose thread goes on after the cancel, as one does that waits for its next piece."""

    def __init__(self) -> None:
        self.begun, self.go_on, self.ended = threading.Event(), threading.Event(), threading.Event()

    async def stat(self, name: str) -> ObjectInfo:
        return ObjectInfo.model_construct(name=name, size=1, generation=1)

    async def download(self, name: str, path: Path, progress: Progress | None = None) -> None:
        def write(transfer: Transfer) -> None:
            self.begun.set()
            self.go_on.wait(20)
            try:
                path.write_bytes(b"late")
            finally:
                self.ended.set()

        await run(write, progress, None)


async def test_a_cancelled_download_leaves_nothing(tmp_path: Path) -> None:
    store = SlowStore()
    workspace = Workspace(cast(ObjectStore, store), tmp_path, 1 << 20)

    async def fetch() -> None:
        async with workspace.scratch() as folder:
            await workspace.fetch("source.mp4", folder)

    task = asyncio.create_task(fetch())
    assert await asyncio.to_thread(store.begun.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    store.go_on.set()
    assert await asyncio.to_thread(store.ended.wait, 20)
    assert files(tmp_path) == []
