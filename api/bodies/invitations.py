"""Invitations: made, shown and accepted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.bodies.base import PROSE, Body, Out
from api.bodies.users import LinkToken, MicrosoftBody, Password
from schema.contracts.bounds import Email, NounName
from schema.enums import Role
from schema.tables import Invitation, now


class InvitationBody(Body):
    """An invitation to an organisation, and to teams of its clients."""

    email: Email
    """The address that the link is mailed to, and that the person signs in with."""
    role: Role
    """Role in the organisation. Never admin."""
    team_ids: list[UUID] = Field(default=[], max_length=50)
    """Teams to join, for clients, linguists and reviewers. Teams give access to clients."""


class InvitationOut(Out):
    """An invitation. Its link is only mailed, never shown."""

    id: UUID
    """Id of the invitation."""
    org_id: UUID
    """Id of the organisation."""
    email: str
    """The address that the link was mailed to."""
    role: Role
    """Role in the organisation after acceptance."""
    team_ids: list[UUID]
    """Ids of the teams that the person joins."""
    state: Literal["open", "accepted", "revoked", "expired"]
    """State of the invitation. Only an open one can be accepted."""
    created_at: datetime
    """When it was created."""
    expires_at: datetime
    """When the link expires."""
    accepted_at: datetime | None
    """When somebody accepted it."""

    @classmethod
    def of(cls, row: Invitation) -> Self:
        state: Literal["open", "accepted", "revoked", "expired"] = "open"
        if row.accepted_at:
            state = "accepted"
        elif row.revoked_at:
            state = "revoked"
        elif row.expires_at <= now():
            state = "expired"
        return cls.model_validate({**row.model_dump(include=set(cls.model_fields)), "state": state})


class TokenBody(Body):
    """The token of an invitation's link."""

    token: LinkToken
    """The token from the mailed link, after `#token=`."""


class InvitationPreview(Out):
    """What the holder of an invitation's link is asked to accept."""

    organization: str
    """Name of the organisation."""
    email: str
    """The address that was invited."""
    role: Role
    """Role in the organisation."""
    invited_by: str
    """Name of the person who sent the invitation."""
    expires_at: datetime
    """When the link expires."""


class AcceptBody(TokenBody):
    """A password, a Microsoft sign-in, or both, for the new account. An existing account is neither signed in to nor
    changed. The response does not reveal whether the account existed."""

    max_bytes = PROSE

    name: NounName
    """Name of the person, on one line."""
    password: Password | None = None
    """Password for signing in."""
    microsoft: MicrosoftBody | None = None
    """The Microsoft account for signing in."""

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.password is None and self.microsoft is None:
            raise ValueError("say how they will sign in: password, microsoft, or both")
        return self
