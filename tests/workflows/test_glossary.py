"""A glossary version on its way to being found by meaning: page by page, through the death of every process."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.embed import PAGE
from activities.errors import ClassifyErrors
from activities.local.ngrams import NgramEmbedder
from schema.contracts.glossaries import GlossaryResult
from schema.db import Database
from schema.enums import EmbeddingState
from schema.errors import ProviderFailed
from schema.glossary import TermRow
from schema.queries import terms, vectors
from schema.tables import Glossary, GlossaryVector, GlossaryVersion, now
from tests.factories import make_project
from tests.namespaces import own_namespace
from tests.workflows.platform import Platform
from workers.groups import embedding
from workers.registry import POOLS, SANDBOX
from workflows import names
from workflows.inbound import GuardMessages
from workflows.start import start_glossary

ROOT = Path(__file__).resolve().parents[2]


async def make_version(database: Database, count: int) -> UUID:
    _, client, _, _ = await make_project(database)
    glossary = Glossary(client_id=client.id, name="Words", source_language="en")
    version = GlossaryVersion(glossary_id=glossary.id, number=1, terms=count)
    rows = [TermRow(f"term {number}", {"de": f"Wort {number}"}) for number in range(count)]
    async with database.begin() as session:
        for row in (glossary, version):
            session.add(row)
            await session.flush()
        await terms.put(session, terms.records(version.id, rows))
    return version.id


async def read(database: Database, version_id: UUID) -> GlossaryVersion:
    async with database.begin() as session:
        found = await session.get(GlossaryVersion, version_id)
        assert found is not None
        return found


async def until(database: Database, version_id: UUID, embedded: int, seconds: float = 500) -> GlossaryVersion:
    async with asyncio.timeout(seconds):
        while (found := await read(database, version_id)).embedded < embedded:
            await asyncio.sleep(0.05)
        return found


async def count_vectors(database: Database, version_id: UUID, revision: int) -> int:
    async with database.begin() as session:
        counted = sa.select(sa.func.count()).select_from(GlossaryVector)
        mine = (col(GlossaryVector.version_id) == version_id, col(GlossaryVector.revision) == revision)
        return await session.scalar(counted.where(*mine)) or 0


class Slow(NgramEmbedder):
    """Waits for leave before each page, and may fail."""

    def __init__(self) -> None:
        self.leave = asyncio.Semaphore(0)
        self.asked: Counter[str] = Counter()
        self.failure: ProviderFailed | None = None

    async def embed(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
        await self.leave.acquire()
        self.asked[texts[0]] += 1
        if self.failure:
            raise self.failure
        return await super().embed(texts, as_terms=as_terms)


@asynccontextmanager
async def working(client: Client, database: Database, embedder: NgramEmbedder) -> AsyncIterator[None]:
    guards: list[Any] = [ClassifyErrors(), GuardMessages()]
    jobs = Worker(
        client, task_queue="jobs", workflows=POOLS[names.Queue.JOBS].workflows, workflow_runner=SANDBOX,
        interceptors=guards, build_id="tests",
    )  # fmt: skip
    embed = Worker(
        client,
        task_queue="embed",
        activities=embedding(database, embedder),
        interceptors=guards,
        build_id="tests",
    )
    async with jobs, embed:
        yield


async def result(client: Client, version_id: UUID) -> GlossaryResult:
    handle = client.get_workflow_handle(names.glossary_workflow_id(version_id), result_type=GlossaryResult)
    return await asyncio.wait_for(handle.result(), 120)


async def test_pages_are_embedded_one_after_another_and_told_of(
    temporal_client: Client, database: Database
) -> None:
    client, embedder = await own_namespace(temporal_client), Slow()
    version_id = await make_version(database, 2 * PAGE + 7)
    async with working(client, database, embedder):
        await start_glossary(client, version_id, 0, "Words")
        embedder.leave.release()
        half = await until(database, version_id, PAGE)
        assert (half.embedding, half.embedder) == (EmbeddingState.RUNNING, "ngrams-1")
        handle = client.get_workflow_handle(names.glossary_workflow_id(version_id))
        async with asyncio.timeout(120):
            while f"{PAGE} of {2 * PAGE + 7}" not in str(await handle.query("__temporal_workflow_metadata")):
                await asyncio.sleep(0.1)
        await start_glossary(client, version_id, 0, "Words")  # again, as the sweep may
        for _ in range(2):
            embedder.leave.release()
        assert await result(client, version_id) == GlossaryResult(revision=0, embedded=2 * PAGE + 7)
    done = await read(database, version_id)
    assert (done.embedding, done.embedded) == (EmbeddingState.READY, 2 * PAGE + 7)
    assert set(embedder.asked.values()) == {1}
    async with database.begin() as session:
        (near,) = await vectors.nearest(
            session,
            version_id,
            await NgramEmbedder().embed(["term 42"], as_terms=False),
            each=1,
            nearness=0.9,
        )
    assert near.term.source == "term 42"


async def test_another_revision_begins_again_where_it_is(temporal_client: Client, database: Database) -> None:
    client, embedder = await own_namespace(temporal_client), Slow()
    version_id = await make_version(database, 3 * PAGE)
    async with working(client, database, embedder):
        await start_glossary(client, version_id, 0, "Words")
        embedder.leave.release()
        await until(database, version_id, PAGE)
        async with database.begin() as session:
            row = await session.get(GlossaryVersion, version_id)
            assert row is not None
            row.embedding_revision, row.embedding, row.embedded = 1, EmbeddingState.WAITING, 0
        await start_glossary(client, version_id, 1, "Words")
        for _ in range(8):
            embedder.leave.release()
        assert await result(client, version_id) == GlossaryResult(revision=1, embedded=3 * PAGE)
        runs = [each async for each in client.list_workflows(f"WorkflowId = 'glossary-{version_id}'")]
    assert len(runs) <= 1, "the same run"
    assert await count_vectors(database, version_id, 1) == 3 * PAGE


async def test_what_cannot_pass_is_said_on_the_row_and_reembed_begins_again(
    temporal_client: Client, database: Database
) -> None:
    client, embedder = await own_namespace(temporal_client), Slow()
    version_id = await make_version(database, 5)
    embedder.failure = ProviderFailed("Gemini answered 403: no access.", retryable=False)
    embedder.leave.release()
    async with working(client, database, embedder):
        await start_glossary(client, version_id, 0, "Words")
        ended = await result(client, version_id)
        assert ended.failure == "Gemini answered 403: no access."
        row = await read(database, version_id)
        assert (row.embedding, row.embedding_reason) == (EmbeddingState.FAILED, ended.failure)
        embedder.failure = None
        embedder.leave.release()
        async with database.begin() as session:
            fresh = await session.get(GlossaryVersion, version_id)
            assert fresh is not None
            fresh.embedding_revision, fresh.embedding = 1, EmbeddingState.WAITING
        await start_glossary(client, version_id, 1, "Words")
        assert (await result(client, version_id)).failure is None
    row = await read(database, version_id)
    assert (row.embedding, row.embedding_reason) == (EmbeddingState.READY, None)


async def test_a_workflow_that_is_cancelled_says_so(temporal_client: Client, database: Database) -> None:
    client, embedder = await own_namespace(temporal_client), Slow()
    version_id = await make_version(database, 5)
    handle = client.get_workflow_handle(names.glossary_workflow_id(version_id))
    async with working(client, database, embedder):
        await start_glossary(client, version_id, 0, "Words")
        async with asyncio.timeout(120):
            while (await read(database, version_id)).embedding is not EmbeddingState.RUNNING:
                await asyncio.sleep(0.05)
        await handle.cancel()
        async with asyncio.timeout(120):
            while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
                await asyncio.sleep(0.1)
        row = await read(database, version_id)
        embedder.leave.release()
    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    assert row.embedding is EmbeddingState.FAILED
    assert "reembed" in (row.embedding_reason or "")


async def test_a_version_whose_start_was_lost_is_started_by_the_sweep(platform: Platform) -> None:
    version_id = await make_version(platform.database, 3)
    await platform.start_orphans()
    assert (await read(platform.database, version_id)).embedding is EmbeddingState.WAITING, (
        "it is being started"
    )
    async with platform.database.begin() as session:
        await session.execute(
            sa.update(GlossaryVersion)
            .where(col(GlossaryVersion.id) == version_id)
            .values(created_at=now() - timedelta(minutes=2))
        )
    await platform.start_orphans()
    done = await until(platform.database, version_id, 3)
    assert done.embedder == "ngrams-1"


@pytest.mark.timeout(1800)
async def test_versions_that_take_long_stand_in_the_way_of_none(database: Database) -> None:
    ids, found = {await make_version(database, 1) for _ in range(2)}, set[UUID]()
    async with database.begin() as session:
        early = sa.update(GlossaryVersion).where(col(GlossaryVersion.id).in_(ids))
        await session.execute(early.values(created_at=now() - timedelta(days=1)))
        for _ in range(500):
            found |= {
                each for each, *_ in await vectors.unfinished(session, older_than=timedelta(0), limit=1)
            }
            if ids <= found:
                break
        await session.execute(early.values(embedding=EmbeddingState.FAILED))
    assert ids <= found, "each has its turn"


async def test_processes_that_are_killed_lose_and_repeat_nothing(
    temporal_client: Client, database: Database, postgres_url: str, tmp_path: Path
) -> None:
    client = await own_namespace(temporal_client)
    version_id = await make_version(database, 12 * PAGE)
    processes = {
        queue: await worker_process(client, postgres_url, tmp_path, queue) for queue in ("jobs", "embed")
    }
    try:
        await start_glossary(client, version_id, 0, "Words")
        await until(database, version_id, 3 * PAGE)
        for queue in ("embed", "jobs"):
            before = (await read(database, version_id)).embedded
            processes[queue].kill()
            await processes[queue].wait()
            processes[queue] = await worker_process(client, postgres_url, tmp_path, queue)
            await until(database, version_id, min(before + 2 * PAGE, 12 * PAGE))
        assert await result(client, version_id) == GlossaryResult(revision=0, embedded=12 * PAGE)
    finally:
        for process in processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert (await read(database, version_id)).embedding is EmbeddingState.READY
    assert await count_vectors(database, version_id, 0) == 12 * PAGE
    done = await completed(client, version_id)
    assert done == 12 + 1, "each page once, and the empty one that ends it"


async def completed(client: Client, version_id: UUID) -> int:
    try:
        history = await client.get_workflow_handle(names.glossary_workflow_id(version_id)).fetch_history()
    except RPCError:
        return -1
    return sum(event.HasField("activity_task_completed_event_attributes") for event in history.events)


async def worker_process(client: Client, postgres_url: str, folder: Path, queue: str) -> Process:
    settings = {
        "ENVIRONMENT": "test",
        "COOKIE_SECURE": "false",
        "DATABASE_URL": postgres_url,
        "JWT_SECRET": "a secret of at least thirty-two characters",
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": client.namespace,
        "STORAGE_ENDPOINT": "http://127.0.0.1:9",
        "WORK_DIR": str(folder),
        "EMBED_RATE_PER_S": "2",
        **{f"{name}_PROVIDER": "local" for name in ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE")},
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers", queue),
        cwd=ROOT,
        env=os.environ | settings,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
