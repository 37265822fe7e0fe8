"""Organisations, clients, teams and projects, and the people in them, as they are sent and seen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.bodies.base import PROSE, Body, Out
from api.bodies.numbers import Integer
from api.bodies.profiles import ProfileBody, ProfileOut
from schema.contracts.bounds import Email, NounName, Style
from schema.enums import Role
from schema.tables import Membership, Organization, User

KeptDays = Annotated[Integer, Field(ge=1, le=36_500)]


class PersonOut(Out):
    """Somebody, as those who may see them do."""

    id: UUID
    """The user's."""
    name: str
    """What people call them."""
    email: str
    """Where mails reach them. None reaches whom a service token acts as: it ends in `.invalid`."""
    role: Role
    """Their own; a membership may carry another, which counts in its organisation."""

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(id=user.id, name=user.name, email=user.email, role=user.role)


class NameBody(Body):
    """What something is to be called."""

    name: NounName
    """One line; no other of its kind beside it has the same, in any case of letters."""


class OrganizationOut(Out):
    """An organisation."""

    id: UUID
    """The organisation's."""
    name: str
    """What people call it."""
    created_at: datetime
    """When it was made."""
    updated_at: datetime
    """When it was changed last."""


class WhoBody(Body):
    """Somebody who has an account, by one of the two."""

    user_id: UUID | None = None
    """Theirs."""
    email: Email | None = None
    """What they sign in with, in any case of letters."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user_id is None) == (self.email is None):
            raise ValueError("name somebody by user_id or by email, one of the two")
        return self


class MemberBody(WhoBody):
    """Who is to belong to the organisation: somebody who has an account, by one of the two."""

    role: Role | None = Field(default=None, examples=["reviewer"])
    """Counts in this organisation beside the person's own. Never admin."""


class MemberPatch(Body):
    """Another role in the organisation."""

    role: Role | None
    """Absent (null): only the person's own role counts."""


class MemberOut(Out):
    """Somebody in an organisation."""

    user: PersonOut
    """Who it is."""
    role: Role | None
    """What counts there beside their own role."""
    since: datetime
    """When they were added."""

    @classmethod
    def of(cls, membership: Membership, user: User) -> Self:
        return cls(user=PersonOut.of(user), role=membership.role, since=membership.created_at)


class MemberEnded(Out):
    """What the end of a membership ended beside it."""

    teams: list[str]
    """Names of teams that they were in."""
    clients: list[str]
    """Names of clients that they managed."""
    languages: int
    """How many languages of jobs they were assigned to: their work goes back to be assigned."""


class MembershipOut(Out):
    """One of the caller's own."""

    organization: OrganizationOut
    """Where."""
    role: Role | None
    """What counts there beside the caller's own role."""
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
    """A new client."""

    max_bytes = PROSE

    org_id: UUID
    """The organisation that works for it."""
    name: NounName
    """One line; no other client of the organisation has the same, in any case of letters."""
    style: Style = ""
    """How the client's descriptions are written, in words for the describer."""
    profile: ProfileBody | None = None
    """What its texts are held to; null: what the deployment's are."""


class ClientPatch(Body):
    """What is absent stays."""

    max_bytes = PROSE

    name: NounName | None = None
    """One line; no other client of the organisation has the same, in any case of letters."""
    style: Style | None = None
    """How the client's descriptions are written, in words for the describer."""
    profile: ProfileBody | None = None
    """What its texts are held to; null: what the deployment's are."""
    keep_source_days: KeptDays | None = None
    """How long after a job is closed its source is kept; null: for as long as the job."""
    keep_renders_days: KeptDays | None = None
    """Likewise what was spoken and rendered."""
    keep_texts_days: KeptDays | None = None
    """Likewise its texts, with every version."""
    completes_itself: bool | None = None
    """True: a job completes by itself in final review when every output is there, nothing blocks, and its texts are
    those of its last completion."""
    archived: bool | None = None
    """True: no jobs are made for it any more, and it may be purged."""


class ClientPurge(Out):
    """A client that is being purged, which takes hours."""

    client_id: UUID
    """The client's."""
    jobs: int
    """How many go with it."""


class ClientOut(Out):
    """A client."""

    id: UUID
    """The client's."""
    org_id: UUID
    """The organisation that works for it."""
    name: str
    """What people call it."""
    style: str | None
    """How its descriptions are written. Not for the client's own users."""
    profile: ProfileOut | None = None
    """What its texts are held to; null: what the deployment's are. Not for the client's own users."""
    keep_source_days: int | None = None
    """How long after a job is closed its source is kept; null: for as long as the job."""
    keep_renders_days: int | None = None
    """Likewise what was spoken and rendered."""
    keep_texts_days: int | None = None
    """Likewise its texts, with every version."""
    completes_itself: bool = False
    """Whether final review completes by itself where the texts are those of the last completion."""
    archived_at: datetime | None = None
    """Since when no jobs are made for it any more."""
    created_at: datetime
    """When it was made."""
    updated_at: datetime
    """When it was changed last."""


class TeamOut(Out):
    """A team of a client."""

    id: UUID
    """The team's."""
    client_id: UUID
    """The client that its members reach by it."""
    name: str
    """What people call it."""
    members: list[PersonOut]
    """Those whom the caller may see."""


class ProjectOut(Out):
    """A project of a client."""

    id: UUID
    """The project's."""
    client_id: UUID
    """Whose it is."""
    name: str
    """What people call it."""
    created_at: datetime
    """When it was made."""
    updated_at: datetime
    """When it was changed last."""
