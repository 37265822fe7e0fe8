"""Signing in."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from api.bodies.base import Body, Out
from schema.contracts.bounds import Email
from schema.enums import Role


class LoginBody(Body):
    """Who signs in."""

    email: Email
    """In any case of letters."""
    password: str = Field(min_length=1, max_length=1000)
    """As it was set."""


class UserOut(Out):
    """Who has signed in."""

    id: UUID
    """The user's."""
    email: str
    """What they sign in with."""
    role: Role
    """What they may do wherever they belong."""


class TokenOut(Out):
    """Keep `access_token` in memory; the refresh token came as a cookie that scripts cannot read."""

    access_token: str
    """For `Authorization: Bearer`, some minutes long."""
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme
    """How it is sent."""
    user: UserOut
    """Whose it is."""
