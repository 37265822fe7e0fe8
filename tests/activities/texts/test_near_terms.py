"""What lies near to texts is the same whoever is asked: the vectors that are kept here, or the database."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import numpy as np
import pytest
import sqlalchemy as sa
from pgvector import HalfVector
from sqlmodel import col

from activities.local.ngrams import vector_of
from activities.texts import near_terms
from activities.texts.near_terms import NearTerms
from activities.texts.version_vectors import Gathering
from schema.db import Database
from schema.enums import Embedder, EmbeddingState
from schema.glossary import TermRow
from schema.queries import terms, vectors
from schema.queries.vectors import Page, Ready
from schema.tables import Glossary, GlossaryTerm, GlossaryVector, GlossaryVersion
from schema.tables.glossaries import DIMENSIONS
from tests.factories import make_project

TERMS = 150
"""More than two groups."""


def _gathered(given: np.ndarray) -> tuple[list[UUID], Gathering]:
    ids, gathering = [uuid4() for _ in given], Gathering(len(given))
    sent = [HalfVector(row).to_binary() for row in given]
    rows = list(zip(ids, sent, strict=True))
    gathering.add(rows[:100])
    gathering.add(rows[100:])
    return ids, gathering


def test_the_nearest_are_those_of_an_exact_comparison() -> None:
    drawn = np.random.default_rng(1)
    given = drawn.normal(size=(TERMS, DIMENSIONS))
    given[7] = 0
    asked = given[[3, 149, 60]] + 0.5 * drawn.normal(size=(3, DIMENSIONS))
    ids, gathering = _gathered(given)
    whole = gathering.whole()
    assert whole is not None
    found = whole.nearest(asked.tolist(), each=2, nearness=-1.0)
    assert [at for at, _, _ in found] == [0, 0, 1, 1, 2, 2]
    lengths = np.maximum(np.linalg.norm(given, axis=1), 1e-9)
    cosines = asked @ given.T / lengths / np.linalg.norm(asked, axis=1, keepdims=True)
    for at, term, cosine in found:
        assert cosine == pytest.approx(cosines[at, ids.index(term)], abs=0.01)
    assert [term for _, term, _ in found[::2]] == [ids[3], ids[149], ids[60]]


def test_numbers_as_large_as_they_may_be_are_added_without_loss() -> None:
    """Two products of bytes are added in 16 bits by some processors."""
    _, gathering = _gathered(np.ones((2, DIMENSIONS)))
    whole = gathering.whole()
    assert whole is not None
    found = whole.nearest([[1.0] * DIMENSIONS, [-1.0] * DIMENSIONS], each=1, nearness=-2.0)
    assert [round(cosine, 3) for _, _, cosine in found] == [1.0, -1.0]


def test_what_has_no_letters_is_near_to_nothing() -> None:
    _, gathering = _gathered(np.eye(3, DIMENSIONS))
    whole = gathering.whole()
    assert whole is not None
    assert whole.nearest([[0.0] * DIMENSIONS, [0.0, 0.0, 5.0]], each=3, nearness=0.5)[0][0] == 1
    assert whole.nearest([], each=3, nearness=0.5) == []
    empty = Gathering(0).whole()
    assert empty is not None and empty.nearest([[1.0]], each=3, nearness=0.5) == []


def test_a_version_that_is_being_embedded_anew_is_not_kept() -> None:
    gathering = Gathering(2)
    gathering.add([(uuid4(), HalfVector(np.ones(DIMENSIONS)).to_binary())])
    assert gathering.whole() is None


async def _embedded(database: Database, sources: Sequence[str]) -> Ready:
    _, client, _, _ = await make_project(database)
    glossary = Glossary(client_id=client.id, name="Words", source_language="en")
    version = GlossaryVersion(glossary_id=glossary.id, number=1, terms=len(sources))
    async with database.begin() as session:
        for row in (glossary, version):
            session.add(row)
            await session.flush()
        await terms.put(
            session, terms.records(version.id, [TermRow(source, {"de": "x"}) for source in sources])
        )
        rows = await session.execute(
            sa.select(col(GlossaryTerm.id), col(GlossaryTerm.source)).where(
                col(GlossaryTerm.version_id) == version.id
            )
        )
        ids, texts = zip(*rows.all(), strict=True)
        made = [vector_of(text) for text in texts]
        page = Page(len(ids), list(ids), list(texts), len(ids))
        assert await vectors.put(session, version.id, 0, page, made, embedder=Embedder.NGRAMS, finished=True)
        ready = await vectors.ready(session, version.id, Embedder.NGRAMS)
        assert ready == Ready(version.id, 0, len(sources))
        return ready


async def test_many_texts_are_answered_from_memory_as_few_are_by_the_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [
        f"the {word} of house {number}" for number in range(40) for word in ("gable", "cellar", "staircase")
    ]
    ready, near = await _embedded(database, sources), NearTerms(database)
    asked = [vector_of(f"They saw the {source} by night.") for source in sources]
    by_database = await near.find(ready, asked[:20], each=1, nearness=0.3)
    by_memory = await near.find(ready, asked, each=1, nearness=0.3)
    assert len(by_memory) == len(sources)
    assert [each.text for each in by_memory] == list(range(len(sources)))
    assert [each.term.source for each in by_memory] == sources
    assert [each.term.id for each in by_memory[:20]] == [each.term.id for each in by_database]
    # It is kept: its rows are not read again, though they go.
    async with database.begin() as session:
        await session.execute(
            sa.delete(GlossaryVector).where(col(GlossaryVector.version_id) == ready.version_id)
        )
    assert len(await near.find(ready, asked[:20], each=1, nearness=0.3)) == 20
    monkeypatch.setattr(near_terms, "_MOST_BYTES", 0)
    assert await NearTerms(database).find(ready, asked, each=1, nearness=0.3) == []


async def test_a_version_is_ready_with_the_vectors_that_are_asked_with(database: Database) -> None:
    ready = await _embedded(database, ["gable"])
    async with database.begin() as session:
        assert await vectors.ready(session, ready.version_id, Embedder.GEMINI) is None
        version = await session.get(GlossaryVersion, ready.version_id)
        assert version is not None and version.embedding is EmbeddingState.READY
        version.embedding = EmbeddingState.RUNNING
        await session.flush()
        assert await vectors.ready(session, ready.version_id, Embedder.NGRAMS) is None


async def test_a_version_is_read_whole_up_to_a_size_and_by_the_index_beyond_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [f"the {word} of house {number}" for number in range(30) for word in ("gable", "cellar")]
    ready = await _embedded(database, sources)
    asked = [vector_of(f"They saw the {source} by night.") for source in sources]
    found = []
    for most in (len(sources), len(sources) - 1):
        monkeypatch.setattr(vectors, "READ_WHOLE", most)
        async with database.begin() as session:
            near = await vectors.nearest(session, ready.version_id, asked, each=1, nearness=0.3)
            found.append([(each.text, each.term.source) for each in near])
    assert found[0] == found[1] == list(enumerate(sources))


@pytest.mark.parametrize("by_index", [True, False])
async def test_only_a_large_version_is_asked_of_the_index(database: Database, by_index: bool) -> None:
    """Which holds the vectors of all versions, of which it would miss some."""
    ready = await _embedded(database, ["gable"])
    async with database.begin() as session:
        for setting in (
            *vectors.BY_INDEX,
            "set local enable_seqscan = off",
            "set local enable_bitmapscan = off",
        ):
            await session.execute(sa.text(setting))
        asked = vectors.near_statement(ready.version_id, [vector_of("gable")], each=3, by_index=by_index)
        text = str(asked.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(await session.scalars(sa.text(f"explain {text.replace(':', chr(92) + ':')}")))
    assert ("ix_glossary_vectors_half" in plan) is by_index, plan
