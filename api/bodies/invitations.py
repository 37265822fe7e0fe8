"""Invitations as they are made, seen and accepted."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from api.bodies.base import Body
from api.bodies.users import Password
from schema.contracts.bounds import Email, NounName
from schema.enums import Role
from schema.tables import Invitation, now


class InvitationBody(Body):
    """Somebody is asked to belong to an organisation, and to teams of its clients."""

    email: Email
    role: Role
    team_ids: list[UUID] = Field(default=[], max_length=50)
    """For clients, linguists and reviewers: by them they reach clients."""


class InvitationOut(BaseModel):
    """An invitation. Its link is mailed, and shown to nobody."""

    id: UUID
    org_id: UUID
    email: str
    role: Role
    team_ids: list[UUID]
    state: Literal["open", "accepted", "revoked", "expired"]
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None

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
    token: str = Field(min_length=20, max_length=200)
    """What the mailed link carries behind `#token=`."""


class InvitationPreview(BaseModel):
    """What somebody who holds the link is asked to accept."""

    organization: str
    email: str
    role: Role
    invited_by: str
    expires_at: datetime


class AcceptBody(TokenBody):
    """For an account that exists, name and password are not looked at: accepting neither signs in to it nor alters
    it. The answer tells nobody which of the two it was."""

    name: NounName
    password: Password
