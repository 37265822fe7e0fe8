"""Service tokens, with which other systems authenticate."""

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
    """Name of the token, on one line. Unique in the organisation, case-insensitively. The history shows it as the
    actor."""
    role: Role = Field(examples=["client"])
    """Role in the organisation. Never admin."""
    expires_at: Moment | None = None
    """When the token expires. If absent: the deployment's maximum."""


class ServiceTokenPatch(Body):
    """A change to a service token. Absent fields stay unchanged."""

    name: NounName | None = None
    """Name, on one line. Unique in the organisation, case-insensitively."""
    role: Role | None = Field(default=None, examples=["client"])
    """Role from the next request on. Never admin."""
    expires_at: Moment | None = None
    """New expiry date. It can also renew an expired token."""
    rotate: bool = False
    """True issues a new token, and the old one stops working at once."""


class ServiceTokenOut(Out):
    """A service token, without the secret."""

    id: UUID
    """Id of the service token."""
    org_id: UUID
    """Id of the only organisation that the token works in."""
    user_id: UUID
    """Id of the user that the token acts as: in teams, as a project manager, and in the history."""
    name: str
    """Name of the token."""
    role: Role
    """Role of the token."""
    created_at: datetime
    """When it was created."""
    created_by: Person
    """Id of the creator."""
    expires_at: datetime
    """When the token expires."""
    last_used_at: datetime | None
    """When the token was last used, to the minute; null if never."""


class ServiceTokenMade(ServiceTokenOut):
    """A new service token. The token itself is shown only once, since only its hash is stored."""

    token: Shown
    """The token for `Authorization: Bearer <token>`."""


class ServiceTokenChanged(ServiceTokenOut):
    """A changed service token. With `rotate`, it includes the new token, which is shown only once."""

    token: Annotated[str | None, SHOWN_ONCE] = None
    """The new token for `Authorization: Bearer <token>`; null if it is unchanged."""
