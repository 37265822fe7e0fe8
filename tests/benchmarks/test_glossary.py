"""Fifty thousand terms: read and written, found for a batch of cues, and found by meaning among other glossaries'.

GLOSSARY_TERMS and GLOSSARY_VERSIONS make it smaller.
"""

from __future__ import annotations

import io
import json
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from sqlalchemy.ext.asyncio import create_async_engine

from activities.local.ngrams import vector_of
from activities.ports import Line
from activities.texts.hints import Words
from activities.texts.near_terms import NearTerms
from schema.db import Database
from schema.enums import EmbeddingState
from schema.glossary import TermRow, read_terms, write_xlsx
from schema.queries import glossaries, terms, vectors
from schema.tables import Glossary, GlossaryVector, GlossaryVersion, now
from schema.tables.glossaries import DIMENSIONS
from tests.benchmarks.conftest import Compare
from tests.factories import make_project

pytestmark = pytest.mark.bench

TERMS = int(os.environ.get("GLOSSARY_TERMS", "50000"))
VERSIONS = int(os.environ.get("GLOSSARY_VERSIONS", "100"))
EACH = max(100, TERMS // VERSIONS)
CUES = 50
_TERMS = GlossaryVector.metadata.tables["glossary_terms"]
_VECTORS = GlossaryVector.metadata.tables["glossary_vectors"]


def some_rows(count: int) -> list[TermRow]:
    made = random.Random(1)
    words = ["".join(made.choices("abcdefghijklmnoprstuvwz", k=made.randint(4, 9))) for _ in range(4000)]
    return [
        TermRow(
            f"{made.choice(words)} {made.choice(words)} {number}",
            {code: f"{made.choice(words)} {made.choice(words)}" for code in ("de", "es", "fr")},
            "As the client writes it.",
        )
        for number in range(count)
    ]


async def make_version(database: Database, count: int) -> UUID:
    _, client, _, _ = await make_project(database)
    glossary = Glossary(client_id=client.id, name="Words", source_language="en")
    version = GlossaryVersion(glossary_id=glossary.id, number=1, terms=count, embedding=EmbeddingState.READY)
    async with database.begin() as session:
        for row in (glossary, version):
            session.add(row)
            await session.flush()
    return version.id


async def test_a_sheet_is_read_and_written(database: Database, ratio: Compare) -> None:
    """Against what nobody can do without: openpyxl's bare reading, and COPY of the cells."""
    content = write_xlsx(some_rows(TERMS), "en")
    version = await make_version(database, TERMS)

    begin = time.perf_counter()
    sheet = read_terms(io.BytesIO(content), "en")
    async with database.begin() as session:
        await terms.put(session, terms.records(version, sheet.rows))
        await terms.count_changes(session, None, version)
    ours = time.perf_counter() - begin
    assert len(sheet.rows) == TERMS

    bare_version = await make_version(database, TERMS)
    begin = time.perf_counter()
    book = load_workbook(io.BytesIO(content), read_only=True)
    cells: list[Sequence[Any]] = list(book["Terms"].iter_rows(min_row=2, max_col=5, values_only=True))
    at = now()
    bare = [
        (
            uuid4(), at, bare_version, place, source, source, json.dumps({"de": de, "es": es, "fr": fr}), notes, False,
            False, False, None, "{}", str(place), "",
        )
        for place, (source, de, es, fr, notes) in enumerate(cells, 1)
    ]  # fmt: skip
    async with database.begin() as session:
        await terms.put(session, bare)
    ratio(f"import of {TERMS} terms / bare reading and COPY", ours, time.perf_counter() - begin, at_most=1.5)


async def test_the_terms_of_a_batch(database: Database, ratio: Compare) -> None:
    """Fifty cues against one large version: all that stand in them, and what is near to each, vectors given."""
    rows = some_rows(TERMS)
    version = await make_version(database, TERMS)
    async with database.begin() as session:
        await terms.put(session, terms.records(version, rows))
    async with _indexed_afterwards(database):
        await _embed(database, version, lambda sources: [vector_of(source) for source in sources])
    begin = time.perf_counter()
    async with database.begin() as session:
        found = await glossaries.terms_for(session, version, "de")
    words = Words.of(version, found, "en", "es")
    print(f"\nonce a step: {TERMS} terms are read and made ready in {time.perf_counter() - begin:.2f} s")

    made = random.Random(2)
    lines = [
        Line(id=f"c{n}", text=f"Here we see the {made.choice(rows).source} by the sea.") for n in range(CUES)
    ]
    asked = [vector_of(line.text) for line in lines]
    ready, near_terms = vectors.Ready(version, 0, TERMS), NearTerms(database)
    begin = time.perf_counter()
    await near_terms.find(ready, asked, each=3, nearness=-1.0)
    print(f"once a process: their vectors are read in {time.perf_counter() - begin:.2f} s")
    begin = time.perf_counter()
    async with database.begin() as session:
        asked_of_it = await vectors.nearest(session, version, asked, each=3, nearness=-1.0)
    print(f"by the database {(time.perf_counter() - begin) * 1000:.1f} ms")
    taken, cpu = [], []
    for _ in range(9):
        begin, began = time.perf_counter(), time.process_time()
        standing = words.standing_in(lines)
        exact = time.perf_counter()
        near = await near_terms.find(ready, asked, each=3, nearness=-1.0)
        taken.append((time.perf_counter() - begin, exact - begin))
        cpu.append(time.process_time() - began)
        assert len(standing) >= CUES * 0.9
    async with database.begin() as session:
        exact_statement = vectors.near_statement(version, asked, each=3, by_index=False)
        exactly = {row[:2] for row in await session.execute(exact_statement)}
    right, by_database = (
        sum((each.text, each.term.id) in exactly for each in found) for found in (near, asked_of_it)
    )
    print(
        f"of the nearest three of each cue {right} of {len(exactly)} are found, by the database {by_database}"
    )
    best, exact_s = min(taken)
    print(
        f"by words {exact_s * 1000:.1f} ms, by meaning {(best - exact_s) * 1000:.1f} ms; {min(cpu) * 1000:.1f} ms of CPU"
    )
    ratio(f"terms of {CUES} cues of {TERMS}, ms / 50 ms", best * 1000, 50, "ms", at_most=1.0)


async def test_what_is_found_of_one_version_among_many(database: Database, ratio: Compare) -> None:
    """Recall of the ten nearest against an exact scan, as it is asked for; and beside it of the index, which for random
    vectors is a poor guide."""
    versions = []
    async with _indexed_afterwards(database):
        for number in range(VERSIONS):
            version = await make_version(database, EACH)
            async with database.begin() as session:
                await terms.put(session, terms.records(version, some_rows(EACH)))
            drawn = np.random.default_rng(number)
            await _embed(
                database, version, lambda some: drawn.normal(size=(len(some), DIMENSIONS)).round(4).tolist()
            )
            versions.append(version)
    async with database.begin() as session:
        await session.execute(sa.text("analyze glossary_vectors"))
    space = np.random.default_rng(5)
    found: dict[str, set[tuple[UUID, int, UUID]]] = {"exact": set(), "as asked": set(), "index": set()}
    seconds = dict.fromkeys(found, 0.0)
    for version in versions[:: max(1, VERSIONS // 10)]:
        queries = space.normal(size=(5, DIMENSIONS)).tolist()
        for how, rows in found.items():
            begin = time.perf_counter()
            rows |= {(version, *row) for row in await _ten_nearest(database, version, queries, how)}
            seconds[how] += time.perf_counter() - begin
    exact = found["exact"]
    took = ", ".join(f"{how} {each:.2f} s" for how, each in seconds.items())
    print(
        f"\n{VERSIONS} versions of {EACH} terms: {took}; index alone {len(found['index'] & exact)} of {len(exact)}"
    )
    right = len(found["as asked"] & exact)
    ratio(f"recall of one version among {VERSIONS}", right, len(exact), "terms", at_least=0.95)
    assert right


async def _ten_nearest(
    database: Database, version: UUID, queries: list[list[float]], how: str
) -> set[tuple[int, UUID]]:
    async with database.begin() as session:
        if how == "as asked":
            near = await vectors.nearest(session, version, queries, each=10, nearness=-1.0)
            return {(each.text, each.term.id) for each in near}
        if how == "index":
            for setting in (
                *vectors.BY_INDEX,
                "set local enable_seqscan = off",
                "set local enable_bitmapscan = off",
            ):
                await session.execute(sa.text(setting))
        statement = vectors.near_statement(version, queries, each=10, by_index=how == "index")
        return {(row[0], row[1]) for row in await session.execute(statement)}


@asynccontextmanager
async def _indexed_afterwards(database: Database) -> AsyncIterator[None]:
    """What is written while the block runs is indexed at its end, at once: a fifth of the time."""
    (index,) = (each for each in _VECTORS.indexes if each.name == "ix_glossary_vectors_half")
    async with database.begin() as session:
        await (await session.connection()).run_sync(index.drop)
    yield
    patient = create_async_engine(
        database.engine.url
    )  # as migrations have it: no statement is too long for it
    async with patient.begin() as connection:
        await connection.execute(sa.text("set local maintenance_work_mem = '512MB'"))
        await connection.run_sync(index.create)
    await patient.dispose()


async def _embed(
    database: Database, version_id: UUID, vectors_of: Callable[[Sequence[str]], list[list[float]]]
) -> None:
    """A vector a term."""
    found = sa.select(_TERMS.c.id, _TERMS.c.source).where(_TERMS.c.version_id == version_id)
    async with database.begin() as session:
        rows = (await session.execute(found)).all()
        for first in range(0, len(rows), 500):
            page = rows[first : first + 500]
            made = [
                {"term_id": row.id, "version_id": version_id, "revision": 0, "vector": vector}
                for row, vector in zip(page, vectors_of([row.source for row in page]), strict=True)
            ]
            await session.execute(sa.insert(GlossaryVector), made)
