"""Terms close to a line in meaning that do not occur in it: hints for a translator, never enforced."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pydantic import TypeAdapter

from activities.ports import Checkpoints, Embedder, Line, TermHint
from activities.texts.near_terms import NearTerms
from schema import objects
from schema.db import Database
from schema.errors import ProviderFailed
from schema.queries import glossaries, vectors
from schema.vtt.glossary import Term

MOST_OF_A_LINE = 3
_Kept = TypeAdapter(list[TermHint])
_log = logging.getLogger(__name__)


class Meaning:
    """The terms of a version by meaning, if the configured embedder has embedded it."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder
        self._near = NearTerms(database)

    async def hints(
        self,
        lines: Sequence[Line],
        version_id: UUID | None,
        language: str,
        standing: Collection[str],
        checkpoints: Checkpoints,
    ) -> list[TermHint]:
        """At most `MOST_OF_A_LINE` a line, none of whose source is among those `standing` in a text. What was paid for is
        kept, so that a translator that is asked again is asked the same. Without vectors, or where the embedder is
        away, there are none: a translation does not wait for hints."""
        spoken = [line for line in lines if any(sign.isalpha() for sign in line.text)]
        ready = await self._ready(version_id) if version_id is not None and spoken else None
        if ready is None:
            return []
        told = [(line.id, line.text) for line in spoken]
        key = (
            f"near-terms-{objects.hash_of(self._embedder.name, version_id, language, told, sorted(standing))}"
        )
        if (kept := await checkpoints.get(key)) is not None:
            return _Kept.validate_json(kept)
        try:
            asked = await self._embedder.embed([line.text for line in spoken], as_terms=False)
        except ProviderFailed as failed:
            _log.warning("no terms by meaning: %s", failed.message)
            return []
        found = await self._near.find(ready, asked, each=MOST_OF_A_LINE, nearness=self._embedder.nearness)
        near: dict[Term, list[str]] = defaultdict(list)
        for each in found:
            for term in glossaries.of_language([each.term], language):
                if term.wanted and term.source not in standing:
                    near[term].append(spoken[each.text].id)
        hints = _as_hints(near)
        await checkpoints.put(key, _Kept.dump_json(hints))
        return hints

    async def _ready(self, version_id: UUID) -> vectors.Ready | None:
        async with self._database.begin() as session:
            return await vectors.ready(session, version_id, self._embedder.name)


def _as_hints(near: Mapping[Term, list[str]]) -> list[TermHint]:
    """In the same order in every process: a provider keeps an answer by them."""
    hints = [
        TermHint(
            term.source,
            term.wanted,
            do_not_translate=term.do_not_translate,
            case_sensitive=term.case_sensitive,
            near=tuple(lines),
        )
        for term, lines in near.items()
    ]
    return sorted(hints, key=lambda hint: (hint.source, hint.target))
