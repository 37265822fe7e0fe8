"""Signing in."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from api.bodies.base import Body, Out
from schema.contracts.bounds import Email
from schema.enums import Role


class LoginBody(Body):
    """Credentials."""

    email: Email
    """E-mail address, case-insensitive."""
    password: str = Field(min_length=1, max_length=1000)
    """The password."""


class UserOut(Out):
    """A user who has signed in."""

    id: UUID
    """Id of the user."""
    email: str
    """E-mail address for signing in."""
    role: Role
    """The user's own role, which applies in every organisation that they belong to."""


class TokenOut(Out):
    """A new session. Keep `access_token` in memory; the refresh token is set as a cookie that scripts cannot read."""

    access_token: str
    """Access token for `Authorization: Bearer`, valid for some minutes."""
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme
    """The authentication scheme."""
    user: UserOut
    """The user who signed in."""
