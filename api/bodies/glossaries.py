"""Glossaries and their versions as people see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from api.bodies.base import Body, Out
from schema.enums import Embedder, EmbeddingState
from schema.tables import GlossaryTerm, GlossaryVersion


class ActivateBody(Body):
    """Which version counts from now on."""

    version_id: UUID
    """One of the glossary's."""


class TermOut(Out):
    """One term, in all its languages."""

    source: str
    """In the glossary's source language."""
    targets: dict[str, str]
    """Translations by BCP 47 code."""
    notes: str | None
    """For translators."""
    case_sensitive: bool
    """Whether it is this term only where it is written so."""
    do_not_translate: bool
    """Whether it stands in every language as it is."""
    forbidden: bool
    """Whether the translation, or without one the source, must not be used."""
    part_of_speech: str | None
    """Such as noun."""
    forms: dict[str, list[str]]
    """What counts as the translation too, by BCP 47 code; under the empty code in any language."""

    @classmethod
    def of(cls, term: GlossaryTerm) -> Self:
        return cls.model_validate(term, from_attributes=True)


class EmbeddingOut(Out):
    """How far the terms of a version can be found by meaning. By their words they always can."""

    state: EmbeddingState
    """`stale` where another embedder is configured by now: `reembed` makes them anew."""
    embedder: str | None
    """Whose vectors they are."""
    embedded: int
    """How many terms are done."""
    reason: str | None
    """Why it failed; null for clients."""
    at: datetime | None
    """When it was done."""


class GlossaryVersionOut(Out):
    """A version without its terms. What changed is against the version before."""

    id: UUID
    """The version's."""
    number: int
    """Counts from 1."""
    active: bool
    """Whether translations follow it."""
    author_id: UUID | None
    """Whose it is; null for clients."""
    author: str | None
    """Their name; null for clients."""
    filename: str | None
    """Of the file that it was read from; null where suggestions made it."""
    created_at: datetime
    """When it was made."""
    terms: int
    """How many there are."""
    languages: list[str]
    """BCP 47 codes of the translations that there are."""
    added: int
    """Terms that were not there."""
    removed: int
    """Terms that are no longer there."""
    changed: int
    """Terms that say something else."""
    embedding: EmbeddingOut
    """How far its terms can be found by meaning."""

    def without_failure(self) -> Self:
        """As the role client sees it."""
        embedding = self.embedding.model_copy(update={"reason": None})
        return self.model_copy(update={"embedding": embedding})

    @classmethod
    def of(
        cls, version: GlossaryVersion, active: UUID | None, embedder: Embedder, author: str | None
    ) -> Self:
        stale = version.embedding is EmbeddingState.READY and version.embedder != embedder
        return cls(
            **version.model_dump(
                include={
                    "id",
                    "number",
                    "filename",
                    "created_at",
                    "terms",
                    "languages",
                    "added",
                    "removed",
                    "changed",
                }
            ),
            active=version.id == active,
            author_id=version.author_id if author else None,
            author=author,
            embedding=EmbeddingOut(
                state=EmbeddingState.STALE if stale else version.embedding,
                embedder=version.embedder,
                embedded=version.embedded,
                reason=version.embedding_reason,
                at=version.embedded_at,
            ),
        )


class GlossaryOut(Out):
    """A client's words in one source language."""

    id: UUID
    """The glossary's."""
    client_id: UUID
    """Whose words they are."""
    name: str
    """What people call it."""
    source_language: str
    """BCP 47 code of the terms."""
    active_version_id: UUID | None
    """The version that translations follow; null where none is active."""
    archived_at: datetime | None
    """When it was archived."""
    created_at: datetime
    """When it was made."""
    updated_at: datetime
    """When it was changed last."""


class GlossaryDetail(GlossaryOut):
    """With its newest versions."""

    versions: list[GlossaryVersionOut]
    """The newest twenty, newest first."""
    version_count: int
    """How many there are."""


class Retired(Out):
    """What was active before."""

    glossary_id: UUID
    """The glossary's."""
    version_id: UUID
    """The version's."""


class Activated(GlossaryDetail):
    """A glossary whose version was made active, and what that retired."""

    retired: Retired | None
    """What was active for this client and source language until now; null where nothing was."""
    message: str
    """The same in words."""


class TermChange(Out):
    """A term that is other than in the version before."""

    change: Literal["added", "removed", "changed"]
    """What became of it."""
    before: TermOut | None
    """As it was; null where it was added."""
    after: TermOut | None
    """As it is; null where it was removed."""
