"""Share links, with which people without an account see the outputs of a job."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from schema.tables.base import Row, foreign, time_column


class ShareToken(Row, table=True):
    """A link to the public page of a job. Only its hash is stored (`schema.links`)."""

    __tablename__ = "share_tokens"

    job_id: UUID = foreign("jobs.id", cascade=True)
    created_by: UUID = foreign("users.id", index=False)
    name: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """Who it was made for, in words."""
    token_hash: str = Field(max_length=64, unique=True)
    expires_at: datetime = Field(sa_column=time_column())
    revoked_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
