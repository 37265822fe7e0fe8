"""The vectors of glossary terms, and nearest-neighbour search."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pgvector.sqlalchemy import HALFVEC, Vector
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import EmbeddingState
from schema.queries.arrays import among
from schema.queries.visibility import unscoped
from schema.tables import Glossary, GlossaryTerm, GlossaryVector, GlossaryVersion, now
from schema.tables.glossaries import DIMENSIONS

BY_INDEX = (
    "set local hnsw.iterative_scan = relaxed_order",
    "set local hnsw.ef_search = 400",
    "set local enable_sort = off",
)
READ_WHOLE = 10_000
"""Up to how many terms a version is scanned completely. That takes no longer than the index, and misses nothing."""
_UNFINISHED = (EmbeddingState.WAITING, EmbeddingState.RUNNING)


@dataclass(frozen=True, slots=True)
class Page:
    """Terms to be embedded, in the order of the file."""

    terms: int
    """Number of terms in the whole version."""
    ids: list[UUID]
    texts: list[str]
    after: int
    """Position of the last term."""


@dataclass(frozen=True, slots=True)
class Near:
    """A term near a text."""

    text: int
    """Index of the text, from 0."""
    term: GlossaryTerm
    cosine: float


@dataclass(frozen=True, slots=True)
class Ready:
    """A version whose terms all have vectors."""

    version_id: UUID
    revision: int
    terms: int


Found = tuple[int, UUID, float]
"""Index of the text, from 0; its term; their cosine."""


async def page(
    session: AsyncSession, version_id: UUID, revision: int, after: int, *, limit: int
) -> Page | None:
    """The next terms; None if the version is gone, or is at another revision. Marks it as running."""
    unscoped("a worker's, of its version")
    version = await session.get(GlossaryVersion, version_id, with_for_update=True)
    if version is None or version.embedding_revision != revision:
        return None
    if version.embedding in (EmbeddingState.WAITING, EmbeddingState.FAILED):
        version.embedding, version.embedding_reason = EmbeddingState.RUNNING, None
    rows = (
        await session.execute(
            sa.select(col(GlossaryTerm.id), col(GlossaryTerm.source), col(GlossaryTerm.place))
            .where(col(GlossaryTerm.version_id) == version_id, col(GlossaryTerm.place) > after)
            .order_by(col(GlossaryTerm.place))
            .limit(limit)
        )
    ).all()
    return Page(
        version.terms, [row[0] for row in rows], [row[1] for row in rows], rows[-1][2] if rows else after
    )


async def put(
    session: AsyncSession,
    version_id: UUID,
    revision: int,
    done: Page,
    vectors: Sequence[Sequence[float]],
    *,
    embedder: str,
    finished: bool,
) -> bool:
    """Writes the vectors of a page, and the version's progress. Returns False if it is at another revision by now."""
    unscoped("a worker's, of its version")
    version = await session.get(GlossaryVersion, version_id, with_for_update=True)
    if version is None or version.embedding_revision != revision:
        return False
    rows = [
        {"term_id": term, "version_id": version_id, "revision": revision, "vector": padded(vector)}
        for term, vector in zip(done.ids, vectors, strict=True)
    ]
    if rows:
        new = insert(GlossaryVector.metadata.tables["glossary_vectors"])
        kept = {"revision": new.excluded.revision, "vector": new.excluded.vector}
        await session.execute(new.on_conflict_do_update(index_elements=["term_id"], set_=kept), rows)
    version.embedder, version.embedded = embedder, done.after
    if finished:
        version.embedding, version.embedded_at = EmbeddingState.READY, now()
    return True


async def fail(session: AsyncSession, version_id: UUID, revision: int, reason: str) -> None:
    unscoped("a worker's, of its version")
    await session.execute(
        sa.update(GlossaryVersion)
        .where(
            col(GlossaryVersion.id) == version_id,
            col(GlossaryVersion.embedding_revision) == revision,
            col(GlossaryVersion.embedding) != EmbeddingState.READY,
        )
        .values(embedding=EmbeddingState.FAILED, embedding_reason=reason)
    )


async def unfinished(
    session: AsyncSession, *, older_than: timedelta, limit: int
) -> list[tuple[UUID, int, str]]:
    """Versions that wait or run, with their revision and the glossary's name. Their workflow may be gone. Unordered, so
    that slow ones do not block the others."""
    unscoped("the sweep serves all organisations")
    found = await session.execute(
        sa.select(col(GlossaryVersion.id), col(GlossaryVersion.embedding_revision), col(Glossary.name))
        .join(Glossary, col(Glossary.id) == col(GlossaryVersion.glossary_id))
        .where(
            col(GlossaryVersion.embedding).in_(_UNFINISHED),
            col(GlossaryVersion.created_at) < now() - older_than,
        )
        .order_by(sa.func.random())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in found]


async def ready(session: AsyncSession, version_id: UUID, embedder: str) -> Ready | None:
    """The version, if all of its terms have vectors of this embedder."""
    unscoped("of the version that is pinned to a worker's job")
    found = await session.execute(
        sa.select(col(GlossaryVersion.embedding_revision), col(GlossaryVersion.terms)).where(
            col(GlossaryVersion.id) == version_id,
            col(GlossaryVersion.embedding) == EmbeddingState.READY,
            col(GlossaryVersion.embedder) == embedder,
        )
    )
    row = found.one_or_none()
    return Ready(version_id, row[0], row[1]) if row else None


async def whole(session: AsyncSession, of: Ready, *, page: int) -> AsyncIterator[list[tuple[UUID, bytes]]]:
    """The vectors of a version, a page at a time: each with its term, and in half precision as `halfvec_send` has it,
    which is two numbers of 16 bits, then 768 of 16 bits, the most significant byte first."""
    unscoped("of the version that is pinned to a worker's job")
    rows = GlossaryVector.metadata.tables["glossary_vectors"]
    sent = sa.func.halfvec_send(sa.cast(rows.c.vector, HALFVEC(DIMENSIONS)), type_=sa.LargeBinary())
    asked = sa.select(rows.c.term_id, sent).where(
        rows.c.version_id == of.version_id, rows.c.revision == of.revision
    )
    found = await session.stream(asked.execution_options(yield_per=page))
    async for some in found.partitions():
        yield [(row[0], row[1]) for row in some]


async def nearest(
    session: AsyncSession, version_id: UUID, vectors: Sequence[Sequence[float]], *, each: int, nearness: float
) -> list[Near]:
    """For each vector the nearest terms of the version, at most `each`, whose cosine is `nearness` or more. A version is
    read whole where that is as quick as the index, and then nothing is missed; of a larger one the index is asked, which
    goes on until enough of the version's own rows are found."""
    unscoped("of the version that is pinned to a worker's job")
    size = sa.select(col(GlossaryVersion.terms)).where(col(GlossaryVersion.id) == version_id)
    by_index = (await session.scalar(size) or 0) > READ_WHOLE
    if by_index:
        for setting in BY_INDEX:
            await session.execute(sa.text(setting))
    found = await session.execute(near_statement(version_id, vectors, each=each, by_index=by_index))
    close = [(at, term, cosine) for at, term, cosine in found if cosine is not None and cosine >= nearness]
    return await with_terms(session, close)


async def with_terms(session: AsyncSession, found: Sequence[Found]) -> list[Near]:
    """The terms, in the same order; without those that are gone."""
    unscoped("of the version that is pinned to a worker's job")
    ids = {term for _, term, _ in found}
    if not ids:
        return []
    rows = await session.scalars(sa.select(GlossaryTerm).where(among(col(GlossaryTerm.id), ids)))
    terms = {row.id: row for row in rows}
    return [Near(at, terms[term], cosine) for at, term, cosine in found if term in terms]


def near_statement(
    version_id: UUID, vectors: Sequence[Sequence[float]], *, each: int, by_index: bool
) -> sa.Select[int, UUID, float]:
    """(which vector, from 0; term; cosine), nearest first. The vectors are one array of numbers, which are sent as such
    and not as text. `by_index` orders as the index does, in half precision, and without it nothing but the version is
    read; what is found is compared in full."""
    flat = [number for vector in vectors for number in padded(vector)]
    asked = _asked(sa.bindparam("asked", flat, ARRAY(sa.REAL())), len(vectors))
    rows = GlossaryVector.metadata.tables["glossary_vectors"]
    distance = rows.c.vector.cosine_distance(asked.c.vector)
    half = sa.cast(rows.c.vector, HALFVEC(DIMENSIONS)).op("<=>")(asked.c.half)
    near = (
        sa.select(rows.c.term_id, distance.label("distance"))
        .where(rows.c.version_id == version_id)
        .order_by(half if by_index else distance)
        .limit(each)
        .correlate(asked)
        .lateral("near")
    )
    return (
        sa.select(asked.c.at, near.c.term_id, 1 - near.c.distance)
        .select_from(asked.join(near, sa.true()))
        .order_by(asked.c.at, near.c.distance)
    )


def _asked(flat: Any, count: int) -> Any:
    """One row per vector: its index, and the vector in both precisions. Computed once, rather than for every compared
    row."""
    given = sa.select(flat.label("numbers")).cte("given").prefix_with("materialized")
    places = sa.func.generate_series(0, count - 1).table_valued("at").render_derived("places")
    first = places.c.at * DIMENSIONS + 1
    own = sa.type_coerce(given.c.numbers, ARRAY(sa.REAL()))[first : places.c.at * DIMENSIONS + DIMENSIONS]
    vector = sa.cast(own, Vector(DIMENSIONS))
    return (
        sa.select(places.c.at, vector.label("vector"), sa.cast(vector, HALFVEC(DIMENSIONS)).label("half"))
        .select_from(given.join(places, sa.true()))
        .cte("asked")
        .prefix_with("materialized")
    )


def padded(vector: Sequence[float]) -> list[float]:
    """Padded with zeros, which leave its angles unchanged.

    Raises:
        ValueError: it is longer than a row holds.
    """
    if len(vector) > DIMENSIONS:
        raise ValueError(f"a vector has at most {DIMENSIONS} numbers, and this has {len(vector)}")
    return [*vector, *([0.0] * (DIMENSIONS - len(vector)))]
