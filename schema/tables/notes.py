"""Review notes on a moment of a video."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.enums import Audience, Kind, NoteAsset
from schema.tables.base import ChangingRow, foreign, time_column, word

NOT_DELETED = "deleted_at is null"


class ReviewNote(ChangingRow, table=True):
    """A note at a moment of an asset. `at_ms` is on the asset as it was when the note was written; `source_ms` and the
    cue find the place in every later render."""

    __tablename__ = "review_notes"
    __table_args__ = (
        sa.Index(
            "ix_review_notes_list",
            "job_id",
            "source_ms",
            "created_at",
            "id",
            postgresql_where=sa.text(NOT_DELETED),
        ),
    )

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    org_id: UUID = foreign("organizations.id", index=False)
    author_id: UUID = foreign("users.id", index=False)
    language: str = Field(max_length=35)
    asset: NoteAsset = Field(sa_type=word(NoteAsset))
    object_name: str = Field(max_length=1024)
    """The render on which it was written."""
    at_ms: int
    source_ms: int
    kind: Kind | None = Field(default=None, sa_type=word(Kind))
    cue_id: str | None = Field(default=None, max_length=200)
    """The nearest cue, in the text `kind` of the language."""
    text: str = Field(max_length=5000)
    audience: Audience = Field(default=Audience.INTERNAL, sa_type=word(Audience))
    resolved_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    resolved_by: UUID | None = foreign("users.id", nullable=True, index=False)
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
