"""Organisations, clients, teams and projects, and the people in them, as they are sent and seen."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from api.bodies.base import Body
from schema.contracts.bounds import Email, NounName, Style
from schema.enums import Role
from schema.tables import Membership, Organization, User

MOST_TEAM_MEMBERS = 500


class PersonOut(BaseModel):
    """Somebody, as those who may see them do."""

    id: UUID
    name: str
    email: str
    role: Role
    """Their own; a membership may carry another, which counts in its organisation."""

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(id=user.id, name=user.name, email=user.email, role=user.role)


class NameBody(Body):
    name: NounName


class OrganizationOut(BaseModel):
    id: UUID
    name: str
    created_at: datetime
    updated_at: datetime


class WhoBody(Body):
    """Somebody who has an account, by one of the two."""

    user_id: UUID | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user_id is None) == (self.email is None):
            raise ValueError("name somebody by user_id or by email, one of the two")
        return self


class MemberBody(WhoBody):
    role: Role | None = Field(default=None, examples=["reviewer"])
    """Counts in this organisation beside the person's own. Never admin."""


class MemberPatch(Body):
    role: Role | None
    """Absent (null): only the person's own role counts."""


class MemberOut(BaseModel):
    user: PersonOut
    role: Role | None
    since: datetime

    @classmethod
    def of(cls, membership: Membership, user: User) -> Self:
        return cls(user=PersonOut.of(user), role=membership.role, since=membership.created_at)


class MemberEnded(BaseModel):
    """What the end of a membership ended beside it."""

    teams: list[str]
    """Names of teams that they were in."""
    clients: list[str]
    """Names of clients that they managed."""
    languages: int
    """How many languages of jobs they were assigned to: their work goes back to be assigned."""


class MembershipOut(BaseModel):
    """One of the caller's own."""

    organization: OrganizationOut
    role: Role | None
    roles: list[Role]
    """Those that count in it."""

    @classmethod
    def of(cls, membership: Membership, organization: Organization, roles: frozenset[Role]) -> Self:
        return cls(
            organization=OrganizationOut.model_validate(organization, from_attributes=True),
            role=membership.role,
            roles=sorted(roles),
        )


class ClientBody(Body):
    org_id: UUID
    name: NounName
    style: Style = ""
    """How the client's descriptions are written, in words for the describer."""


class ClientPatch(Body):
    """What is absent stays."""

    name: NounName | None = None
    style: Style | None = None


class ClientOut(BaseModel):
    id: UUID
    org_id: UUID
    name: str
    style: str | None
    """Not for the client's own users."""
    created_at: datetime
    updated_at: datetime


class TeamOut(BaseModel):
    id: UUID
    client_id: UUID
    name: str
    members: list[PersonOut]
    """Those whom the caller may see."""


class ProjectOut(BaseModel):
    id: UUID
    client_id: UUID
    name: str
    created_at: datetime
    updated_at: datetime
