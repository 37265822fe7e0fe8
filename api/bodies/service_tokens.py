"""Service tokens, with which other systems sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.bodies.base import SHOWN_ONCE, Body, Out, Shown
from api.bodies.languages import Person
from schema.contracts.bounds import Moment, NounName
from schema.enums import Role


class ServiceTokenBody(Body):
    """A token for a system that works with the organisation."""

    name: NounName
    """What it is for; one line. No other token of the organisation has the same, in any case of letters. History shows it
    as who did what the system does."""
    role: Role = Field(examples=["client"])
    """What it may do in the organisation. Never admin."""
    expires_at: Moment | None = None
    """Until when it signs in. Absent: as long as the deployment lets any."""


class ServiceTokenPatch(Body):
    """What is absent stays."""

    name: NounName | None = None
    """One line; no other token of the organisation has the same, in any case of letters."""
    role: Role | None = Field(default=None, examples=["client"])
    """What it may do from its next request on. Never admin."""
    expires_at: Moment | None = None
    """Until when it signs in, also one that has expired."""
    rotate: bool = False
    """True: another token takes its place, and the one before ends at once."""


class ServiceTokenOut(Out):
    """A service token, without what signs in."""

    id: UUID
    """The service token's."""
    org_id: UUID
    """The organisation that it signs in to, and no other."""
    user_id: UUID
    """Whom it acts as: in a client's teams or as its project manager, by which it reaches the client, and in history."""
    name: str
    """What it is for."""
    role: Role
    """What it may do."""
    created_at: datetime
    """When it was made."""
    created_by: Person
    """Who made it."""
    expires_at: datetime
    """Until when it signs in."""
    last_used_at: datetime | None
    """When it signed in last, to the minute; null: never."""


class ServiceTokenMade(ServiceTokenOut):
    """What signs in is told once: of it a hash is kept."""

    token: Shown
    """For `Authorization: Bearer <token>`."""


class ServiceTokenChanged(ServiceTokenOut):
    """With `rotate`, what signs in from now on: it is told once."""

    token: Annotated[str | None, SHOWN_ONCE] = None
    """For `Authorization: Bearer <token>`; null where the token is the same."""
