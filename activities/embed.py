"""Embed: makes vectors for the terms of a glossary version, one page at a time."""

from __future__ import annotations

from temporalio import activity

from activities.ports import Embedder
from schema.contracts.glossaries import EmbedFailed, EmbedInput, EmbedResult
from schema.db import Database
from schema.queries import vectors

PAGE = 100
"""Terms per activity: seconds of work with any embedder, and five hundred activities for 50,000 terms."""


class EmbedActivities:
    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder

    @activity.defn(name="embed_terms")
    async def embed_terms(self, inputs: EmbedInput) -> EmbedResult:
        """Embeds one page. The vectors are written with the version's progress, so repeating a page changes nothing."""
        async with self._database.begin() as session:
            page = await vectors.page(session, inputs.version_id, inputs.revision, inputs.after, limit=PAGE)
        if page is None:
            return _superseded(inputs)
        made = await self._embedder.embed(page.texts, as_terms=True) if page.texts else []
        finished = len(page.ids) < PAGE
        async with self._database.begin() as session:
            written = await vectors.put(
                session,
                inputs.version_id,
                inputs.revision,
                page,
                made,
                embedder=self._embedder.name,
                finished=finished,
            )
        if not written:
            return _superseded(inputs)
        return EmbedResult(after=page.after, embedded=page.after, terms=page.terms, finished=finished)

    @activity.defn(name="end_embedding")
    async def end_embedding(self, inputs: EmbedFailed) -> None:
        async with self._database.begin() as session:
            await vectors.fail(session, inputs.version_id, inputs.revision, inputs.reason)


def _superseded(inputs: EmbedInput) -> EmbedResult:
    return EmbedResult(after=inputs.after, embedded=inputs.after, terms=0, finished=False, superseded=True)
