"""Briefs: a client's requests, before there is a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from schema.enums import BriefStatus
from schema.tables.base import ChangingRow, foreign, maybe_json_column, time_column, word
from schema.tables.listed import Listed

BRIEFS = Listed(
    table="briefs",
    scopes=("org_id", "client_id"),
    word="status",
    orders={"created_at": "created_at", "updated_at": "updated_at", "title": "title", "status": "status"},
    ties="created_at",
)


class Brief(ChangingRow, table=True):
    """A brief. It is written as a draft, submitted, and approved or returned. A job can be made from an approved one,
    and takes from it the fields that its own request leaves out."""

    __tablename__ = "briefs"
    __table_args__ = BRIEFS.indexes()

    org_id: UUID = foreign("organizations.id", index=False)
    client_id: UUID = foreign("clients.id", cascade=True)
    project_id: UUID | None = foreign("projects.id", nullable=True)
    author_id: UUID | None = foreign("users.id", nullable=True, index=False)
    title: str = Field(max_length=400)
    notes: str = Field(default="", max_length=10_000, sa_column_kwargs={"server_default": ""})
    source_language: str | None = Field(default=None, max_length=35)
    requested_outputs: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    due_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    status: BriefStatus = Field(
        default=BriefStatus.DRAFT, sa_type=word(BriefStatus), sa_column_kwargs={"server_default": "draft"}
    )
    reason: str | None = Field(default=None, max_length=2000)
    """Why it was returned; removed when it is submitted again."""
    submitted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    submitted_by: UUID | None = foreign("users.id", nullable=True, index=False)
    decided_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    decided_by: UUID | None = foreign("users.id", nullable=True, index=False)
    """Who last approved or returned it."""
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When it was deleted, together with its client."""


class BriefFile(SQLModel, table=True):
    """A file that is attached to a brief."""

    __tablename__ = "brief_files"

    brief_id: UUID = Field(foreign_key="briefs.id", primary_key=True, ondelete="CASCADE")
    upload_id: UUID = Field(foreign_key="uploads.id", primary_key=True, ondelete="RESTRICT", index=True)
    position: int
