"""Users, organisations, and who belongs where."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from schema.enums import Role
from schema.tables.base import (
    ChangingRow,
    Row,
    foreign,
    json_column,
    keep_name_key,
    maybe_json_column,
    time_column,
    unique_name,
    word,
)
from schema.tables.listed import Listed, words_of

KEPT = "deleted_at IS NULL"


USERS = Listed(
    table="users",
    scopes=(),
    word=None,
    orders={"email": "email", "name": "name", "created_at": "created_at"},
    ties="created_at",
    sorted=20_000,
)


def _name_words() -> Any:
    """The words of a name, for searching."""
    return Field(
        default=None, sa_column=sa.Column(TSVECTOR, sa.Computed(words_of("name_key"), persisted=True))
    )


class User(ChangingRow, table=True):
    """A user. `email` is lower case, and unique among users who are not deleted. `epoch` is incremented by everything
    that ends all sessions (password change, disabling). A service is the user of a service token: nobody signs in as
    one, and its address receives no mail."""

    __tablename__ = "users"
    __table_args__ = (
        sa.Index("uq_users_email", "email", unique=True, postgresql_where=sa.text("deleted_at IS NULL")),
        *USERS.indexes(),
        sa.Index("ix_users_search", "search", postgresql_using="gin"),
        sa.Index("ix_users_role", "role", postgresql_where=sa.text(KEPT)),
        sa.Index("ix_users_disabled_at", "disabled_at", postgresql_where=sa.text("disabled_at IS NOT NULL")),
        sa.Index("ix_users_services", "id", postgresql_where=sa.text("is_service")),
    )

    email: str = Field(max_length=320)
    name: str = Field(max_length=200)
    search: str | None = Field(
        default=None, sa_column=sa.Column(TSVECTOR, sa.Computed(words_of("name", "email"), persisted=True))
    )
    role: Role = Field(sa_type=word(Role))
    is_service: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    password_hash: str | None = None
    epoch: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    language: str = Field(default="en", max_length=35, sa_column_kwargs={"server_default": "en"})
    """Language of the interface and of mails."""
    time_zone: str = Field(default="UTC", max_length=64, sa_column_kwargs={"server_default": "UTC"})
    """IANA time zone name."""
    mails_off: list[str] = Field(default_factory=list, sa_column=json_column("[]"))
    """The kinds of mail (`MailKind`) that the user turned off."""
    disabled_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


class Identity(Row, table=True):
    """A Microsoft account for signing in, identified by `tid` and `oid` of its ID tokens, never by an address."""

    __tablename__ = "identities"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "object_id"),)

    user_id: UUID = foreign("users.id", cascade=True)
    tenant_id: str = Field(max_length=36)
    object_id: str = Field(max_length=36)


class Organization(ChangingRow, table=True):
    __tablename__ = "organizations"
    __table_args__ = (
        unique_name("organizations", deletable=False),
        sa.Index("ix_organizations_search", "search", postgresql_using="gin"),
    )

    name: str = Field(max_length=200)
    name_key: str = Field(default="", max_length=600)
    search: str | None = _name_words()


class Membership(Row, table=True):
    """`role` applies inside this organisation, in addition to the user's own."""

    __tablename__ = "memberships"
    __table_args__ = (sa.UniqueConstraint("org_id", "user_id"),)

    org_id: UUID = foreign("organizations.id", cascade=True, index=False)
    user_id: UUID = foreign("users.id", cascade=True)
    role: Role | None = Field(default=None, sa_type=word(Role))


class Departure(Row, table=True):
    """A person who may no longer do the work that they are assigned to in an organisation, because they are no member
    or have another role. The sweep tells the workflows. Finished work keeps their name and may be reopened, so the row
    is deleted only once no language names them."""

    __tablename__ = "departures"
    __table_args__ = (sa.UniqueConstraint("org_id", "user_id"),)

    org_id: UUID = foreign("organizations.id", cascade=True, index=False)
    user_id: UUID = foreign("users.id", cascade=True)


class Client(ChangingRow, table=True):
    __tablename__ = "clients"
    __table_args__ = (
        unique_name("clients", "org_id"),
        sa.Index("ix_clients_list_name", "name_key", "id", postgresql_where=sa.text(KEPT)),
        sa.Index("ix_clients_list_created_at", "created_at", "id", postgresql_where=sa.text(KEPT)),
        sa.Index("ix_clients_search", "search", postgresql_using="gin"),
    )

    org_id: UUID = foreign("organizations.id")
    name: str = Field(max_length=200)
    name_key: str = Field(default="", max_length=600)
    search: str | None = _name_words()
    style: str = Field(default="", max_length=10_000, sa_column_kwargs={"server_default": ""})
    """Style guide for this client's descriptions."""
    profile: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    """The quality profile of the client's texts: a `base` by name, and its own `limits` (`schema.vtt.profiles`). None
    means the deployment's."""
    keep_source_days: int | None = None
    """For how many days after the close of a job its source is kept; null means as long as the job."""
    keep_renders_days: int | None = None
    """The same for speech and renders."""
    keep_texts_days: int | None = None
    """The same for texts, with every version."""
    completes_itself: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Policy: a job whose texts are those of its last completion skips final review."""
    archived_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When it was archived. No new jobs can be made for it."""
    purging_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """Since when the sweep purges it, with everything that belongs to it."""
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
    __table_args__ = (unique_name("teams", "client_id", deletable=False),)

    client_id: UUID = foreign("clients.id", cascade=True)
    name: str = Field(max_length=200)
    name_key: str = Field(default="", max_length=600)


class TeamMember(Row, table=True):
    __tablename__ = "team_members"
    __table_args__ = (sa.UniqueConstraint("team_id", "user_id"),)

    team_id: UUID = foreign("teams.id", cascade=True, index=False)
    user_id: UUID = foreign("users.id", cascade=True)


class Project(ChangingRow, table=True):
    __tablename__ = "projects"
    __table_args__ = (
        unique_name("projects", "client_id"),
        sa.Index("ix_projects_list_name", "name_key", "id", postgresql_where=sa.text(KEPT)),
        sa.Index("ix_projects_list_created_at", "created_at", "id", postgresql_where=sa.text(KEPT)),
        sa.Index("ix_projects_search", "search", postgresql_using="gin"),
    )

    client_id: UUID = foreign("clients.id")
    name: str = Field(max_length=200)
    name_key: str = Field(default="", max_length=600)
    search: str | None = _name_words()
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))


keep_name_key(Organization, Client, Team, Project)
