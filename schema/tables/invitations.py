"""Mailed links: invitations and password resets. A link is derived when it is sent, and only its hash is stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.enums import Role
from schema.tables.base import ChangingRow, Row, foreign, json_column, time_column, word


class Invitation(ChangingRow, table=True):
    """An invitation to an organisation, with a role there and teams of its clients. Each resending increments
    `counter`, which invalidates earlier links."""

    __tablename__ = "invitations"
    __table_args__ = (
        sa.Index(
            "uq_invitations_open",
            "org_id",
            "email",
            unique=True,
            postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    org_id: UUID = foreign("organizations.id", cascade=True)
    email: str = Field(max_length=320, index=True)
    role: Role = Field(sa_type=word(Role))
    team_ids: list[str] = Field(default_factory=list, sa_column=json_column("[]"))
    invited_by: UUID = foreign("users.id")
    counter: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    link_hash: str = Field(max_length=64, unique=True)
    expires_at: datetime = Field(sa_column=time_column(index=True))
    accepted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    accepted_by: UUID | None = foreign("users.id", nullable=True)
    revoked_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class PasswordReset(Row, table=True):
    """A link that sets a new password once. A newer one invalidates the older ones."""

    __tablename__ = "password_resets"

    user_id: UUID = foreign("users.id", cascade=True)
    asked_by: UUID | None = foreign("users.id", nullable=True, cascade=True)
    """The admin who sent it; absent if the user did."""
    link_hash: str = Field(max_length=64, unique=True)
    expires_at: datetime = Field(sa_column=time_column(index=True))
    used_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class SpentToken(Row, table=True):
    """An ID token of another issuer that was used to sign in, which works only once. Deleted when the token is too old
    to be accepted anyway."""

    __tablename__ = "spent_tokens"

    token_hash: str = Field(max_length=64, unique=True)
    expires_at: datetime = Field(sa_column=time_column(index=True))
