"""Which terms of a glossary version lie near to texts: asked of memory where the version is kept, else of the database."""

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
"""Texts of one question."""
WORTH_READING = 50
"""For so many texts a version's vectors are read and kept; fewer are asked of the database, unless they are there."""
_MOST_BYTES = 128 * 2**20
"""Of the vectors that are kept: 170,000 terms. A version that is larger is always asked for in the database."""
_PAGE = 500


class NearTerms:
    """One for a process: the vectors that it keeps are all that many jobs ask for."""

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
        """Those that are kept, or that are read now; None where the database is to be asked."""
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
