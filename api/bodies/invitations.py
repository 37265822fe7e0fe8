"""Invitations as they are made, seen and accepted."""

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
    """Somebody is asked to belong to an organisation, and to teams of its clients."""

    email: Email
    """Where the link is mailed, and what they sign in with."""
    role: Role
    """What they may do in the organisation. Never admin."""
    team_ids: list[UUID] = Field(default=[], max_length=50)
    """For clients, linguists and reviewers: by them they reach clients."""


class InvitationOut(Out):
    """An invitation. Its link is mailed, and shown to nobody."""

    id: UUID
    """The invitation's."""
    org_id: UUID
    """The organisation that it leads to."""
    email: str
    """Where the link was mailed."""
    role: Role
    """What they may do in the organisation once they accept."""
    team_ids: list[UUID]
    """The teams that they join."""
    state: Literal["open", "accepted", "revoked", "expired"]
    """Only an open one can be accepted."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime
    """Until when its link can be used."""
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
    """Somebody holds the link of an invitation."""

    token: LinkToken
    """What the mailed link carries behind `#token=`."""


class InvitationPreview(Out):
    """What somebody who holds the link is asked to accept."""

    organization: str
    """Its name."""
    email: str
    """Whom it is for."""
    role: Role
    """What they will do in the organisation."""
    invited_by: str
    """The name of who asks."""
    expires_at: datetime
    """Until when the link can be used."""


class AcceptBody(TokenBody):
    """With a password, a sign-in with Microsoft, or both: either signs in to the account that is made. One that exists
    is neither signed in to nor altered, and gets no other way in. The answer tells nobody which of the two it was."""

    max_bytes = PROSE

    name: NounName
    """What people will call them; one line."""
    password: Password | None = None
    """What they will sign in with."""
    microsoft: MicrosoftBody | None = None
    """The Microsoft account that they will sign in with."""

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.password is None and self.microsoft is None:
            raise ValueError("say how they will sign in: password, microsoft, or both")
        return self
