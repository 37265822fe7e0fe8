"""Uploads of videos and other files."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.contracts.bounds import LABEL_CHARS
from schema.enums import FilePurpose, Urgency
from schema.tables.base import Row, foreign, time_column, word


class Upload(Row, table=True):
    """An announced upload. The id of a video becomes its job's, so that one upload can be claimed once."""

    __tablename__ = "uploads"
    __table_args__ = (
        sa.Index(
            "ix_uploads_unused_since", "unused_since", postgresql_where=sa.text("unused_since is not null")
        ),
    )

    user_id: UUID = foreign("users.id", cascade=True)
    object_name: str = Field(max_length=1024, unique=True)
    filename: str = Field(max_length=400)
    content_type: str = Field(max_length=200)
    size_bytes: int = Field(sa_type=sa.BigInteger)
    purpose: FilePurpose = Field(
        default=FilePurpose.SOURCE, sa_type=word(FilePurpose), sa_column_kwargs={"server_default": "source"}
    )
    title: str | None = Field(default=None, max_length=400)
    notes: str | None = Field(default=None, max_length=10_000)
    client_notes: str | None = Field(default=None, max_length=10_000)
    due_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    priority: Urgency | None = Field(default=None, sa_type=word(Urgency), nullable=True)
    reference: str | None = Field(default=None, max_length=200)
    labels: list[str] | None = Field(default=None, sa_column=sa.Column(sa.ARRAY(sa.String(LABEL_CHARS))))
    style: str | None = Field(default=None, max_length=10_000)
    project_id: UUID | None = None
    brief_id: UUID | None = None
    """Properties of the job that were given with the announcement. They can be overridden on completion, and are
    checked again then."""
    expires_at: datetime = Field(sa_column=time_column(index=True))
    """When it expires. It cannot be used afterwards."""
    used_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """Since when something other than its own job refers to it. Unneeded uploads are swept."""
    unused_since: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When another upload replaced it in a job. It is swept some time later, unless something refers to it by then."""
    unused_by: UUID | None = None
    """The job that it became."""
    claimed_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    claimed_by: str | None = Field(default=None, max_length=64)
    """The request (its idempotency id) that made the job. The same request again gets the same response."""
