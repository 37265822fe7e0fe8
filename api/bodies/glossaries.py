"""Glossaries and their versions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from api.bodies.base import Body, Out
from schema.enums import Embedder, EmbeddingState
from schema.tables import GlossaryTerm, GlossaryVersion


class ActivateBody(Body):
    """The version to activate."""

    version_id: UUID
    """Id of a version of the glossary."""


class TermOut(Out):
    """One term, in all its languages."""

    source: str
    """The term in the glossary's source language."""
    targets: dict[str, str]
    """Translations by BCP 47 code."""
    notes: str | None
    """Notes for translators."""
    case_sensitive: bool
    """Whether the term is case-sensitive."""
    do_not_translate: bool
    """Whether the term stays untranslated in every language."""
    forbidden: bool
    """Whether the term is forbidden: its translation, or the source term if it has none, must not be used."""
    part_of_speech: str | None
    """Part of speech, such as noun."""
    forms: dict[str, list[str]]
    """Other accepted forms of the translation, by BCP 47 code; under the empty code for any language."""

    @classmethod
    def of(cls, term: GlossaryTerm) -> Self:
        return cls.model_validate(term, from_attributes=True)


class EmbeddingOut(Out):
    """State of the embeddings of a version's terms. Terms can always be found by their words."""

    state: EmbeddingState
    """State of the embeddings. `stale` means that another embedder is configured now; `reembed` makes them again."""
    embedder: str | None
    """The embedder that made the vectors."""
    embedded: int
    """How many terms are embedded."""
    reason: str | None
    """Why embedding failed. Null for clients."""
    at: datetime | None
    """When this happened."""


class GlossaryVersionOut(Out):
    """A version without its terms. Changes are relative to the previous version."""

    id: UUID
    """Id of the version."""
    number: int
    """Version number, from 1."""
    active: bool
    """Whether translations follow this version."""
    author_id: UUID | None
    """Id of the author. Null for clients."""
    author: str | None
    """Name of the author. Null for clients."""
    filename: str | None
    """Name of the file that the version was read from; null if it was made from suggestions."""
    created_at: datetime
    """When it was created."""
    terms: int
    """Number of terms."""
    languages: list[str]
    """BCP 47 codes of the languages with translations."""
    added: int
    """Number of terms added."""
    removed: int
    """Number of terms removed."""
    changed: int
    """Number of terms changed."""
    embedding: EmbeddingOut
    """State of the embeddings of the terms."""

    def without_failure(self) -> Self:
        """The version as the role client sees it."""
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
    """A client's terms in one source language."""

    id: UUID
    """Id of the glossary."""
    client_id: UUID
    """Id of the client."""
    name: str
    """Name."""
    source_language: str
    """BCP 47 code of the terms."""
    active_version_id: UUID | None
    """Id of the version that translations follow; null if none is active."""
    archived_at: datetime | None
    """When it was archived."""
    created_at: datetime
    """When it was created."""
    updated_at: datetime
    """When it was last changed."""


class GlossaryDetail(GlossaryOut):
    """A glossary with its newest versions."""

    versions: list[GlossaryVersionOut]
    """The newest twenty, newest first."""
    version_count: int
    """Number of versions."""


class Retired(Out):
    """The version that was active before."""

    glossary_id: UUID
    """Id of the glossary."""
    version_id: UUID
    """Id of the version."""


class Activated(GlossaryDetail):
    """A glossary whose version was activated, and the version that this retired."""

    retired: Retired | None
    """The version that was active for this client and source language before; null if there was none."""
    message: str
    """The change in words."""


class TermChange(Out):
    """A term that differs from the previous version."""

    change: Literal["added", "removed", "changed"]
    """How the term changed."""
    before: TermOut | None
    """The term before; null if it was added."""
    after: TermOut | None
    """The term after; null if it was removed."""
