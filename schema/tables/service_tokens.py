"""Service tokens, with which other systems authenticate, each within one organisation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.enums import Role
from schema.tables.base import Row, foreign, keep_name_key, time_column, unique_name, word


class ServiceToken(Row, table=True):
    """A token of an organisation. It acts as its own user, which is a service, a member of that organisation only, and
    has the token's name and role. Only its hash is stored (`schema.links`)."""

    __tablename__ = "service_tokens"
    __table_args__ = (unique_name("service_tokens", "org_id"), sa.UniqueConstraint("user_id"))

    org_id: UUID = foreign("organizations.id", index=False)
    user_id: UUID = foreign("users.id", index=False)
    created_by: UUID = foreign("users.id", index=False)
    name: str = Field(max_length=200)
    name_key: str = Field(default="", max_length=600)
    role: Role = Field(sa_type=word(Role))
    token_hash: str = Field(max_length=64, unique=True)
    counter: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """Number of tokens issued. Only the last one works."""
    expires_at: datetime = Field(sa_column=time_column())
    last_used_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """To the minute."""
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


keep_name_key(ServiceToken)
