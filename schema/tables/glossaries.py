"""A client's words: versions are kept, one is active."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.tables.base import ChangingRow, Row, foreign, json_column, time_column


class Glossary(ChangingRow, table=True):
    __tablename__ = "glossaries"

    client_id: UUID = foreign("clients.id", cascade=True)
    name: str = Field(max_length=200)
    source_language: str = Field(max_length=35)
    active_version_id: UUID | None = None
    archived_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class GlossaryVersion(Row, table=True):
    __tablename__ = "glossary_versions"
    __table_args__ = (sa.UniqueConstraint("glossary_id", "number"),)

    glossary_id: UUID = foreign("glossaries.id", cascade=True, index=False)
    number: int
    author_id: UUID | None = foreign("users.id", nullable=True, index=False)


class GlossaryTerm(Row, table=True):
    __tablename__ = "glossary_terms"

    version_id: UUID = foreign("glossary_versions.id", cascade=True)
    source: str = Field(max_length=500)
    targets: dict[str, str] = Field(sa_column=json_column())
    """By BCP 47 code."""
    notes: str | None = Field(default=None, max_length=2000)
    case_sensitive: bool = Field(default=False)
    do_not_translate: bool = Field(default=False)
    forbidden: bool = Field(default=False)
