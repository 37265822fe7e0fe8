"""Sessions, rate limits, and idempotency keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from schema.tables.base import Row, foreign, maybe_json_column, time_column


class RefreshToken(Row, table=True):
    """One link of a family of rotating tokens. Only its hash is stored. Reuse of a spent token after the grace period
    ends the whole family (RFC 9700, section 4.14.2)."""

    __tablename__ = "refresh_tokens"

    user_id: UUID = foreign("users.id", cascade=True)
    family: UUID = Field(index=True)
    token_hash: str = Field(max_length=64, unique=True)
    epoch: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The user's epoch at sign-in. A sign-in that was in progress while all sessions were ended has the old one."""
    expires_at: datetime = Field(sa_column=time_column())
    spent_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class Attempt(Row, table=True):
    """A failed or limited request, counted by a hash of what it was for (address, account)."""

    __tablename__ = "attempts"
    __table_args__ = (sa.Index("ix_attempts_subject_created_at", "subject", "created_at"),)

    subject: str = Field(max_length=64)


class IdempotencyKey(SQLModel, table=True):
    """A write that was requested under a key. `status` is None while it runs; the same key with another body is a
    conflict. No secret is stored: the body is an HMAC, and a response with a secret is not kept."""

    __tablename__ = "idempotency_keys"

    id: str = Field(primary_key=True, max_length=64)
    """Hash of user, route and key."""
    body_hash: str = Field(max_length=64)
    created_at: datetime = Field(sa_column=time_column(index=True))
    status: int | None = None
    response: Any = Field(default=None, sa_column=maybe_json_column())
