"""The texts of a job: every saved version, reviews and comments."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from schema.enums import Kind, Origin
from schema.tables.base import Row, foreign, json_column, time_column, word


class TextVersion(Row, table=True):
    """One saved text of a (language, kind). Never changed, and never deleted while the job exists."""

    __tablename__ = "text_versions"
    __table_args__ = (
        sa.UniqueConstraint("job_id", "language", "kind", "version"),
        sa.UniqueConstraint("job_id", "language", "kind", "inputs_hash"),
    )

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    language: str = Field(max_length=35)
    kind: Kind = Field(sa_type=word(Kind))
    version: int
    base_version: int | None = None
    content: str
    origin: Origin = Field(sa_type=word(Origin))
    author_id: UUID | None = foreign("users.id", nullable=True, index=False)
    note: str | None = Field(default=None, max_length=1000)
    inputs_hash: str | None = Field(default=None, max_length=64)
    """Hash of the inputs of a machine draft, so that the same draft is not saved twice."""
    sources: dict[str, str] = Field(sa_column=json_column())
    """For a translation: cue id to the hash of the source text that it was made from."""


class TextFindings(SQLModel, table=True):
    """The findings of a version (`schema.queries.findings`). They are stored separately, because other rules may find
    something else."""

    __tablename__ = "text_findings"

    version_id: UUID = Field(foreign_key="text_versions.id", primary_key=True, ondelete="CASCADE")
    rules: int
    """Version of the rules."""
    basis_hash: str = Field(max_length=64)
    """Hash of other inputs: the source text, the glossary version, the video's length, the profile."""
    cues: int
    blocking: int
    warnings: int
    findings: list[dict[str, Any]] = Field(sa_column=json_column("[]"))
    terms: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column("[]"))
    """For a translation: the glossary terms in each cue (`schema.findings.CueTerm`)."""
    found_at: datetime = Field(sa_column=time_column())


class CueChoice(SQLModel, table=True):
    """A person's choice for one AD cue (`schema.plan.model.Choice`), by cue id."""

    __tablename__ = "cue_choices"

    job_id: UUID = Field(foreign_key="jobs.id", primary_key=True, ondelete="CASCADE")
    language: str = Field(primary_key=True, max_length=35)
    cue_id: str = Field(primary_key=True, max_length=200)
    choice: dict[str, Any] = Field(sa_column=json_column())
    author_id: UUID | None = foreign("users.id", nullable=True, index=False)
    updated_at: datetime = Field(sa_column=time_column())


class CueReview(SQLModel, table=True):
    """A reviewed cue. `text_hash` is of the cue at that time: an edit clears the mark."""

    __tablename__ = "cue_reviews"

    job_id: UUID = Field(foreign_key="jobs.id", primary_key=True, ondelete="CASCADE")
    language: str = Field(primary_key=True, max_length=35)
    kind: Kind = Field(primary_key=True, sa_type=word(Kind))
    cue_id: str = Field(primary_key=True, max_length=200)
    text_hash: str = Field(max_length=64)
    reviewer_id: UUID = foreign("users.id", index=False)
    reviewed_at: datetime = Field(sa_column=time_column())


class QCComment(Row, table=True):
    """A reviewer's comment on a language, on one cue where `cue_id` is set."""

    __tablename__ = "qc_comments"
    __table_args__ = (sa.Index("ix_qc_comments_list", "job_id", "language", "created_at", "id"),)

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    language: str = Field(max_length=35)
    kind: Kind | None = Field(default=None, sa_type=word(Kind))
    cue_id: str | None = Field(default=None, max_length=200)
    author_id: UUID = foreign("users.id", index=False)
    text: str = Field(max_length=5000)
    edited_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    resolved_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    resolved_by: UUID | None = foreign("users.id", nullable=True, index=False)
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
