"""Signing in."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.bodies.base import Body
from schema.contracts.bounds import Email
from schema.enums import Role


class LoginBody(Body):
    email: Email
    password: str = Field(min_length=1, max_length=1000)


class UserOut(BaseModel):
    id: UUID
    email: str
    role: Role


class TokenOut(BaseModel):
    """Keep `access_token` in memory; the refresh token came as a cookie that scripts cannot read."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme
    user: UserOut
