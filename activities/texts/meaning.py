"""Terms that are near a line in meaning, though they do not stand in it: hints for a translator, never enforced."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pydantic import TypeAdapter

from activities.ports import Checkpoints, Embedder, Line, TermHint
from schema import objects
from schema.db import Database
from schema.errors import ProviderFailed
from schema.queries import glossaries, vectors
from schema.vtt.glossary import Term

MOST_OF_A_LINE = 3
MOST_LINES = 50
"""Of one question to the database."""
_Kept = TypeAdapter(list[TermHint])
_log = logging.getLogger(__name__)


class Meaning:
    """The terms of a version by what they mean, where the embedder that is configured has embedded it."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder

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
        if version_id is None or not spoken or not await self._is_ready(version_id):
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
        near: dict[Term, list[str]] = defaultdict(list)
        for first in range(0, len(spoken), MOST_LINES):
            batch = slice(first, first + MOST_LINES)
            for line, term in await self._nearest(version_id, spoken[batch], asked[batch], language):
                if term.source not in standing:
                    near[term].append(line)
        hints = _as_hints(near)
        await checkpoints.put(key, _Kept.dump_json(hints))
        return hints

    async def _is_ready(self, version_id: UUID) -> bool:
        async with self._database.begin() as session:
            return await vectors.is_ready(session, version_id, self._embedder.name)

    async def _nearest(
        self, version_id: UUID, lines: Sequence[Line], asked: Sequence[Sequence[float]], language: str
    ) -> list[tuple[str, Term]]:
        async with self._database.begin() as session:
            found = await vectors.nearest(
                session, version_id, asked, each=MOST_OF_A_LINE, nearness=self._embedder.nearness
            )
        pairs = []
        for each in found:
            terms = glossaries.of_language([each.term], language)
            pairs += [(lines[each.text].id, term) for term in terms if term.wanted]
        return pairs


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
