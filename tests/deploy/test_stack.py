"""The stack's own three parts killed, restarted and stopped; what was stored must still be there."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import psutil
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from deploy.local.ports import HOST, Ports
from deploy.local.stack import BUCKET, Stack, running
from deploy.local.temporal_server import forget_half_made
from schema.errors import Conflict, Misconfigured
from tests.processes import gone
from tests.stack import data_folder

STORES = ("postgres", "temporal", "storage")


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder("stack") as made:
        yield made


@asynccontextmanager
async def stores(folder: Path, ports: Ports | None = None) -> AsyncIterator[Stack]:
    async with Stack(folder, ports=ports or Ports.free(), parts=STORES, say=lambda _: None) as stack:
        yield stack


def descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


class Kept:
    """One thing in each store, and whether it is still there."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.dsn = stack.server.dsn(driver="postgresql")
        self.objects = f"{stack.urls['storage']}/storage/v1/b/{BUCKET}/o"

    async def store(self, word: str) -> None:
        connection = await asyncpg.connect(self.dsn)
        await connection.execute(
            "insert into organizations (id, name, name_key) values ($1, $2, $2)", uuid4(), word
        )
        await connection.close()
        client = await Client.connect(self.stack.env["TEMPORAL_ADDRESS"])
        await client.start_workflow(
            "Nobody", id=word, task_queue="nobody", execution_timeout=timedelta(hours=1)
        )
        await asyncio.to_thread(self._put, word)

    async def check(self, word: str) -> None:
        connection = await asyncpg.connect(self.dsn)
        assert await connection.fetchval("select count(*) from organizations where name = $1", word) == 1
        await connection.close()
        client = await Client.connect(self.stack.env["TEMPORAL_ADDRESS"])
        assert (await client.get_workflow_handle(word).describe()).status is WorkflowExecutionStatus.RUNNING
        assert await asyncio.to_thread(self._get, word) == word.encode()

    def _put(self, word: str) -> None:
        url = f"{self.objects.replace('/storage/', '/upload/storage/')}?uploadType=media&name={word}"
        request = urllib.request.Request(
            url, data=word.encode(), method="POST", headers={"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def _get(self, word: str) -> bytes:
        with urllib.request.urlopen(f"{self.objects}/{word}?alt=media", timeout=10) as answer:
            return answer.read()  # type: ignore[no-any-return]


async def test_each_store_keeps_what_it_has_through_kill_9_and_a_new_start(folder: Path) -> None:
    before = descendants()
    async with stores(folder) as stack:
        kept = Kept(stack)
        await kept.store("first")
        for name in STORES:
            old = stack.pid(name)
            stack.kill(name)
            await stack.ready(name)
            assert stack.pid(name) != old
            await kept.check("first")
        for name in STORES:  # all at once
            stack.kill(name)
        for name in STORES:
            await stack.ready(name)
        await kept.check("first")
        ports = stack.ports
        assert (await asyncio.to_thread(running, folder)) == stack.urls
    assert descendants() == before
    assert running(folder) is None
    assert not (folder / "postgres" / "postmaster.pid").exists()

    async with stores(folder, ports) as stack:
        await Kept(stack).check("first")
        await Kept(stack).store("second")


async def test_what_is_stored_stays_inside_a_folder_of_any_name(folder: Path) -> None:
    data = folder / "Vidéos & 100% #1?x%20y"
    async with stores(data) as stack:
        await Kept(stack).store("word")
    async with stores(data) as stack:
        await Kept(stack).check("word")
    assert list(folder.iterdir()) == [data]
    assert (data / "temporal" / "temporal.db").exists()


def test_temporals_file_is_made_anew_where_its_first_start_was_cut_short_and_only_there(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    state = folder / "temporal.db"
    forget_half_made(state)
    table, row = "create table namespaces (name text);", "insert into namespaces values ('default');"
    for made, kept in (("create table other (n int);", False), (table, False), (table + row, True)):
        with closing(sqlite3.connect(state)) as database:
            database.executescript(made)
        forget_half_made(state)
        assert state.exists() is kept


async def test_a_killed_stack_leaves_nothing_that_hinders_the_next(folder: Path) -> None:
    source = f"""
import asyncio, json
from pathlib import Path
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from tests.processes import gone

async def main():
    async with Stack(Path({str(folder)!r}), ports=Ports.free(), parts={STORES!r}, say=lambda _: None) as stack:
        print(json.dumps([stack.pid(name) for name in stack.names]), flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", source, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout
    try:
        pids = json.loads(await process.stdout.readline())
        assert len(pids) == len(STORES)
    finally:
        process.kill()
        await process.wait()
    await gone(pids)
    # Another program has got the process id that the dead Postgres left in its lock.
    lock = folder / "postgres" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(psutil.Process().pid), *lines[1:]]))
    async with stores(folder) as stack:
        await Kept(stack).store("word")
        await Kept(stack).check("word")


async def test_secrets_are_made_once_and_are_for_us_alone(folder: Path) -> None:
    async with Stack(folder, ports=Ports.free(), parts=(), say=lambda _: None) as stack:
        first = stack.keys
    async with Stack(folder, ports=Ports.free(), parts=(), say=lambda _: None) as stack:
        assert stack.keys == first
    assert (folder / "keys.json").stat().st_mode & 0o077 == 0
    assert len(first.jwt_secret) >= 32


async def test_two_stacks_do_not_share_a_folder(folder: Path) -> None:
    async with Stack(folder, ports=Ports.free(), parts=(), say=lambda _: None):
        with pytest.raises(Conflict, match="ACCESSIBLE_VIDEO_DATA"):
            async with Stack(folder, ports=Ports.free(), parts=()):
                pass


@pytest.mark.parametrize("made", ["file", "file/below"])
async def test_a_place_that_cannot_hold_it_is_named_with_the_setting_that_moves_it(
    folder: Path, made: str
) -> None:
    (folder / "file").write_text("in the way")
    with pytest.raises(Misconfigured, match=f"{folder / made} cannot hold .* set ACCESSIBLE_VIDEO_DATA"):
        async with Stack(folder / made, ports=Ports.free(), parts=()):
            pass


async def test_what_a_killed_stack_said_of_itself_is_gone_as_soon_as_the_next_begins(folder: Path) -> None:
    (folder / "stack.json").write_text('{"pid": 1, "urls": {"api": "http://127.0.0.1:1"}}')
    seen = []

    class Looks(Ports):
        def settle(self) -> Ports:
            seen.append(running(folder))
            return super().settle()

    async with Stack(folder, ports=Looks(0, 0, 0, 0, 0), parts=(), say=lambda _: None) as stack:
        assert seen == [None], "it was taken for one that answers"
        assert running(folder) == stack.urls


async def test_a_taken_port_is_named_with_the_setting_that_moves_it(folder: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        taken = listener.getsockname()[1]
        with pytest.raises(
            Misconfigured, match=rf"Port {taken} for temporal ui is taken: set TEMPORAL_UI_PORT"
        ):
            async with Stack(folder, ports=Ports(0, 0, 0, 0, taken), parts=STORES):
                pass
    assert running(folder) is None


def test_ports_come_from_the_environment() -> None:
    assert Ports.from_environment({"API_PORT": "9000"}) == Ports(api_port=9000)
    with pytest.raises(Misconfigured, match="STORAGE_PORT must be a port"):
        Ports.from_environment({"STORAGE_PORT": "http"})
    free = Ports.free().settle()
    assert len({free.api_port, free.storage_port, free.postgres_port, free.temporal_port}) == 4
