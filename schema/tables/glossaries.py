"""Glossaries: versions, of which one is active; suggested terms; and overridden findings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from pgvector.sqlalchemy import Vector
from sqlmodel import Field, SQLModel

from schema.enums import EmbeddingState, Kind, SuggestionState
from schema.tables.base import ChangingRow, Row, foreign, json_column, time_column, word

DIMENSIONS = 768
"""Length of every vector. Shorter ones are padded with zeros, which leaves their angles unchanged."""


def _hash() -> str:
    return uuid4().hex


class Glossary(ChangingRow, table=True):
    """`source_language` never changes. With the index below, a client has one active version per source language."""

    __tablename__ = "glossaries"
    __table_args__ = (
        sa.Index(
            "uq_glossaries_active",
            "client_id",
            "source_language",
            unique=True,
            postgresql_where=sa.text("active_version_id IS NOT NULL"),
        ),
        sa.ForeignKeyConstraint(
            ["id", "active_version_id"],
            ["glossary_versions.glossary_id", "glossary_versions.id"],
            name="fk_glossaries_active_version",
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    client_id: UUID = foreign("clients.id", cascade=True)
    name: str = Field(max_length=200)
    source_language: str = Field(max_length=35)
    active_version_id: UUID | None = None
    """The active version, one of its own."""
    archived_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class GlossaryVersion(Row, table=True):
    """A version. Its terms never change. `added`, `removed` and `changed` are relative to the previous version."""

    __tablename__ = "glossary_versions"
    __table_args__ = (
        sa.UniqueConstraint("glossary_id", "number"),
        sa.UniqueConstraint("glossary_id", "id"),
        sa.Index(
            "ix_glossary_versions_not_embedded",
            "created_at",
            postgresql_where=sa.text("embedding IN ('waiting', 'running')"),
        ),
    )

    glossary_id: UUID = foreign("glossaries.id", cascade=True, index=False)
    number: int
    author_id: UUID | None = foreign("users.id", nullable=True, index=False)
    filename: str | None = Field(default=None, max_length=400)
    """Absent if the version was made from suggestions."""
    terms: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    languages: list[str] = Field(default_factory=list, sa_column=json_column("[]"))
    added: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    removed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    changed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    embedding: EmbeddingState = Field(
        default=EmbeddingState.WAITING,
        sa_type=word(EmbeddingState),
        sa_column_kwargs={"server_default": "waiting"},
    )
    embedded: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many of its terms have a vector of this revision."""
    embedding_revision: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Incremented by each `reembed`."""
    embedder: str | None = Field(default=None, max_length=100)
    """The embedder of its vectors."""
    embedding_reason: str | None = None
    """Why embedding failed."""
    embedded_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class GlossaryTerm(Row, table=True):
    """One row of a version: `schema.glossary.TermRow`."""

    __tablename__ = "glossary_terms"
    __table_args__ = (
        sa.Index("ix_glossary_terms_place", "version_id", "place"),
        sa.UniqueConstraint("version_id", "key"),
    )

    version_id: UUID = foreign("glossary_versions.id", cascade=True, index=False)
    place: int = Field(default=0)
    """Position in the file, from 1."""
    source: str = Field(max_length=500)
    folded: str = Field(default="")
    """The source in the form in which it is searched."""
    targets: dict[str, str] = Field(sa_column=json_column())
    """Translations by BCP 47 code."""
    notes: str | None = Field(default=None, max_length=2000)
    case_sensitive: bool = Field(default=False)
    do_not_translate: bool = Field(default=False)
    forbidden: bool = Field(default=False)
    part_of_speech: str | None = Field(default=None, max_length=60)
    forms: dict[str, list[str]] = Field(default_factory=dict, sa_column=json_column())
    """Other accepted forms of the translation, by BCP 47 code; under "" for any language."""
    key: str = Field(default_factory=_hash, max_length=32)
    """The key under which two rows are the same term, in any version."""
    digest: str = Field(default_factory=_hash, max_length=32)
    """Digest of the whole term."""


class GlossaryVector(SQLModel, table=True):
    """The vector of a term, by the embedder that its version names. The index is in half precision: half the pages, and
    the same neighbours."""

    __tablename__ = "glossary_vectors"
    __table_args__ = (
        sa.Index(
            "ix_glossary_vectors_half",
            sa.literal_column(f"(vector::halfvec({DIMENSIONS}))").label("half"),
            postgresql_using="hnsw",
            postgresql_with={"m": 16, "ef_construction": 64},
            postgresql_ops={"half": "halfvec_cosine_ops"},
        ),
    )

    term_id: UUID = Field(foreign_key="glossary_terms.id", primary_key=True, ondelete="CASCADE")
    version_id: UUID = foreign("glossary_versions.id", cascade=True)
    revision: int
    vector: Any = Field(sa_column=sa.Column(Vector(DIMENSIONS), nullable=False))


class TermSuggestion(Row, table=True):
    """A suggested new or changed term."""

    __tablename__ = "term_suggestions"
    __table_args__ = (sa.Index("ix_term_suggestions_list", "glossary_id", "state", "created_at", "id"),)

    glossary_id: UUID = foreign("glossaries.id", cascade=True, index=False)
    author_id: UUID = foreign("users.id", index=False)
    term: dict[str, Any] = Field(sa_column=json_column())
    """In the form of a sheet's row."""
    why: str | None = Field(default=None, max_length=2000)
    state: SuggestionState = Field(
        default=SuggestionState.OPEN,
        sa_type=word(SuggestionState),
        sa_column_kwargs={"server_default": "open"},
    )
    decided_by: UUID | None = foreign("users.id", nullable=True, index=False)
    decided_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    version_id: UUID | None = foreign("glossary_versions.id", nullable=True, cascade=True, index=False)
    """The version that it was accepted into, with others."""


class FindingOverride(Row, table=True):
    """A blocking finding that an approval overrode, and why. This ledger is append-only."""

    __tablename__ = "finding_overrides"
    __table_args__ = (
        sa.Index("ix_finding_overrides_job", "job_id", "created_at", "id"),
        sa.Index(
            "ix_finding_overrides_glossary",
            "glossary_id",
            "created_at",
            "id",
            postgresql_where=sa.text("glossary_id IS NOT NULL"),
        ),
    )

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    language: str = Field(max_length=35)
    kind: Kind = Field(sa_type=word(Kind))
    text_version: int
    rule: str = Field(max_length=48)
    cue_id: str | None = Field(default=None, max_length=200)
    message: str
    term: str | None = Field(default=None, max_length=500)
    wanted: str | None = Field(default=None, max_length=500)
    glossary_id: UUID | None = foreign("glossaries.id", nullable=True, cascade=True, index=False)
    glossary_version_id: UUID | None = foreign(
        "glossary_versions.id", nullable=True, cascade=True, index=False
    )
    reason: str = Field(max_length=2500)
    actor_id: UUID | None = foreign("users.id", nullable=True, index=False)
