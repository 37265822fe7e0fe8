"""Finds the terms of a glossary version that are close to texts: in memory if the version is cached, otherwise in the
database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from activities.texts.version_vectors import Gathering, VersionVectors
from schema.db import Database
from schema.queries import vectors
from schema.queries.vectors import Near, Ready
from schema.sized_lru import SizedLru
from schema.tables.glossaries import DIMENSIONS

BATCH = 50
"""Texts per question."""
WORTH_READING = 50
"""From this many texts on, a version's vectors are loaded and cached. For fewer, the database is asked, unless they are
cached."""
_MOST_BYTES = 128 * 2**20
"""Size of the cache: 170,000 terms. Larger versions are always queried in the database."""
_PAGE = 500


class NearTerms:
    """One per process. Its cached vectors serve all jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept = SizedLru[tuple[UUID, int], VersionVectors](_MOST_BYTES)
        self._reading = asyncio.Lock()

    async def find(
        self, ready: Ready, asked: Sequence[Sequence[float]], *, each: int, nearness: float
    ) -> list[Near]:
        """For each of `asked`, in order, at most `each`, nearest first, whose cosine is `nearness` or more."""
        kept = await self._vectors(ready, worth_reading=len(asked) >= WORTH_READING)
        found: list[Near] = []
        for first in range(0, len(asked), BATCH):
            some = asked[first : first + BATCH]
            if kept is None:
                async with self._database.begin() as session:
                    near = await vectors.nearest(
                        session, ready.version_id, some, each=each, nearness=nearness
                    )
            else:
                close = await asyncio.to_thread(kept.nearest, some, each=each, nearness=nearness)
                async with self._database.begin() as session:
                    near = await vectors.with_terms(session, close)
            found += [replace(one, text=first + one.text) for one in near]
        return found

    async def _vectors(self, ready: Ready, *, worth_reading: bool) -> VersionVectors | None:
        """Cached vectors, or newly loaded ones; None if the database is to be asked."""
        key = (ready.version_id, ready.revision)
        if (kept := self._kept.get(key)) is not None:
            return kept
        if not worth_reading or ready.terms * DIMENSIONS > _MOST_BYTES:
            return None
        async with self._reading:
            if (kept := self._kept.get(key)) is not None:
                return kept
            made = await self._read(ready)
            if made is not None:
                self._kept.put(key, made)
        return made

    async def _read(self, ready: Ready) -> VersionVectors | None:
        gathering = Gathering(ready.terms)
        async with self._database.begin() as session:
            async for page in vectors.whole(session, ready, page=_PAGE):
                await asyncio.to_thread(gathering.add, page)
        return gathering.whole()
