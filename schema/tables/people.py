"""Users, organisations, and who belongs where."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from schema.enums import Role
from schema.tables.base import ChangingRow, Row, foreign, time_column, word


class User(ChangingRow, table=True):
    """`email` is lower case and unique; `epoch` counts what ends all sign-ins (password change, disabling)."""

    __tablename__ = "users"

    email: str = Field(unique=True, max_length=320)
    name: str = Field(max_length=200)
    role: Role = Field(sa_type=word(Role))
    password_hash: str | None = None
    epoch: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    disabled_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class Organization(ChangingRow, table=True):
    __tablename__ = "organizations"

    name: str = Field(max_length=200, unique=True)


class Membership(Row, table=True):
    """`role` counts inside this organisation, beside the user's own."""

    __tablename__ = "memberships"
    __table_args__ = (sa.UniqueConstraint("org_id", "user_id"),)

    org_id: UUID = foreign("organizations.id", cascade=True, index=False)
    user_id: UUID = foreign("users.id", cascade=True)
    role: Role | None = Field(default=None, sa_type=word(Role))


class Client(ChangingRow, table=True):
    __tablename__ = "clients"
    __table_args__ = (sa.UniqueConstraint("org_id", "name"),)

    org_id: UUID = foreign("organizations.id", index=False)
    name: str = Field(max_length=200)
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class ClientManager(Row, table=True):
    """A project manager of a client."""

    __tablename__ = "client_managers"
    __table_args__ = (sa.UniqueConstraint("client_id", "user_id"),)

    client_id: UUID = foreign("clients.id", cascade=True, index=False)
    user_id: UUID = foreign("users.id", cascade=True)


class Team(ChangingRow, table=True):
    """Client users, linguists and reviewers reach a client through its teams."""

    __tablename__ = "teams"
    __table_args__ = (sa.UniqueConstraint("client_id", "name"),)

    client_id: UUID = foreign("clients.id", cascade=True, index=False)
    name: str = Field(max_length=200)


class TeamMember(Row, table=True):
    __tablename__ = "team_members"
    __table_args__ = (sa.UniqueConstraint("team_id", "user_id"),)

    team_id: UUID = foreign("teams.id", cascade=True, index=False)
    user_id: UUID = foreign("users.id", cascade=True)


class Project(ChangingRow, table=True):
    __tablename__ = "projects"
    __table_args__ = (sa.UniqueConstraint("client_id", "name"),)

    client_id: UUID = foreign("clients.id", index=False)
    name: str = Field(max_length=200)
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
