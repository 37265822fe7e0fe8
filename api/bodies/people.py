"""Organisations, clients, teams and projects, and the people in them."""

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
    """A person, as those who may see them do."""

    id: UUID
    """Id of the user."""
    name: str
    """Name."""
    email: str
    """E-mail address. The address of a service token's user ends in `.invalid` and receives no mail."""
    role: Role
    """The person's own role. A membership may add another, which applies in its organisation."""

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(id=user.id, name=user.name, email=user.email, role=user.role)


class NameBody(Body):
    """A new name."""

    name: NounName
    """Name, on one line. Unique among its siblings, case-insensitively."""


class OrganizationOut(Out):
    """An organisation."""

    id: UUID
    """Id of the organisation."""
    name: str
    """Name."""
    created_at: datetime
    """When it was created."""
    updated_at: datetime
    """When it was last changed."""


class WhoBody(Body):
    """A person who has an account, by id or by e-mail address."""

    user_id: UUID | None = None
    """Id of the user."""
    email: Email | None = None
    """E-mail address for signing in, case-insensitive."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user_id is None) == (self.email is None):
            raise ValueError("name somebody by user_id or by email, one of the two")
        return self


class MemberBody(WhoBody):
    """A new member of an organisation: a person who has an account, by id or by e-mail address."""

    role: Role | None = Field(default=None, examples=["reviewer"])
    """Role in this organisation, in addition to the person's own. Never admin."""


class MemberPatch(Body):
    """A new role in the organisation."""

    role: Role | None
    """Role in the organisation. Null means that only the person's own role applies."""


class MemberOut(Out):
    """A member of an organisation."""

    user: PersonOut
    """The person."""
    role: Role | None
    """Role in the organisation, in addition to the person's own."""
    since: datetime
    """When the person was added."""

    @classmethod
    def of(cls, membership: Membership, user: User) -> Self:
        return cls(user=PersonOut.of(user), role=membership.role, since=membership.created_at)


class MemberEnded(Out):
    """What ended together with a membership."""

    teams: list[str]
    """Names of the teams that the person was in."""
    clients: list[str]
    """Names of the clients that the person managed."""
    languages: int
    """Number of languages that the person was assigned to. They become unassigned."""


class MembershipOut(Out):
    """One of the caller's own memberships."""

    organization: OrganizationOut
    """The organisation."""
    role: Role | None
    """Role in the organisation, in addition to the caller's own."""
    roles: list[Role]
    """The roles that apply in the organisation."""

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
    """Id of the organisation that works for the client."""
    name: NounName
    """Name, on one line. Unique in the organisation, case-insensitively."""
    style: Style = ""
    """Style guide for the client's descriptions, which the describer follows."""
    profile: ProfileBody | None = None
    """Quality profile of the client's texts; null means the deployment's default."""


class ClientPatch(Body):
    """A change to a client. Absent fields stay unchanged."""

    max_bytes = PROSE

    name: NounName | None = None
    """Name, on one line. Unique in the organisation, case-insensitively."""
    style: Style | None = None
    """Style guide for the client's descriptions, which the describer follows."""
    profile: ProfileBody | None = None
    """Quality profile of the client's texts; null means the deployment's default."""
    keep_source_days: KeptDays | None = None
    """For how many days after the close of a job its source is kept; null means as long as the job."""
    keep_renders_days: KeptDays | None = None
    """For how many days after the close of a job its speech and renders are kept; null means as long as the job."""
    keep_texts_days: KeptDays | None = None
    """For how many days after the close of a job all versions of its texts are kept; null means as long as the job."""
    completes_itself: bool | None = None
    """True: a job in final review completes automatically if every output exists, nothing blocks, and its texts are the
    same as at its last completion."""
    archived: bool | None = None
    """True archives the client: no new jobs can be made for it, and it can be purged."""


class ClientPurge(Out):
    """A client that is being purged, which takes hours."""

    client_id: UUID
    """Id of the client."""
    jobs: int
    """Number of jobs that are purged with the client."""


class ClientOut(Out):
    """A client."""

    id: UUID
    """Id of the client."""
    org_id: UUID
    """Id of the organisation that works for the client."""
    name: str
    """Name."""
    style: str | None
    """Style guide for the client's descriptions. Hidden from the client's own users."""
    profile: ProfileOut | None = None
    """Quality profile of the client's texts; null means the deployment's default. Hidden from the client's own
    users."""
    keep_source_days: int | None = None
    """For how many days after the close of a job its source is kept; null means as long as the job."""
    keep_renders_days: int | None = None
    """For how many days after the close of a job its speech and renders are kept; null means as long as the job."""
    keep_texts_days: int | None = None
    """For how many days after the close of a job all versions of its texts are kept; null means as long as the job."""
    completes_itself: bool = False
    """Whether final review completes automatically if the texts are the same as at the last completion."""
    archived_at: datetime | None = None
    """When the client was archived."""
    created_at: datetime
    """When it was created."""
    updated_at: datetime
    """When it was last changed."""


class TeamOut(Out):
    """A team of a client."""

    id: UUID
    """Id of the team."""
    client_id: UUID
    """Id of the client that its members can access."""
    name: str
    """Name."""
    members: list[PersonOut]
    """The members that the caller may see."""


class ProjectOut(Out):
    """A project of a client."""

    id: UUID
    """Id of the project."""
    client_id: UUID
    """Id of the client."""
    name: str
    """Name."""
    created_at: datetime
    """When it was created."""
    updated_at: datetime
    """When it was last changed."""
