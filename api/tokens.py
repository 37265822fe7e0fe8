"""Access tokens (JWT, HS256, some minutes), refresh tokens and service tokens (random, stored hashed)."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID, uuid4

import jwt
from starlette.requests import HTTPConnection

from schema.errors import Unauthenticated
from schema.settings import Settings
from schema.tables import User

_ALGORITHM = "HS256"
_AUDIENCE = "accessible-video"
_MOST_CHARS = 2000
"""Ours have some 400."""
SERVICE = "avs_"
"""What a service token begins with: whoever looks for secrets that got out finds it, and we know what it is."""
_SERVICE_CHARS = len(SERVICE) + 43
_EXPIRED = "The access token has expired. Refresh it, or sign in again."
_NOT_OURS = "The access token is not valid. Sign in again."


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says, or what is known of a service token. The user is loaded from the database all the
    same."""

    user_id: UUID
    epoch: int
    family: UUID | None
    """The sign-in: the family of refresh tokens that it came with. None: of a service."""
    expires_at: int
    """Seconds since 1970."""


def issue_access(settings: Settings, user: User, family: UUID) -> str:
    """A token for `access_token_s` seconds. It names no role: that is looked up at each request."""
    now = int(time.time())
    claims = {
        "sub": str(user.id),
        "epoch": user.epoch,
        "sid": str(family),
        "iat": now,
        "exp": now + settings.access_token_s,
        "aud": _AUDIENCE,
        "jti": uuid4().hex,
    }
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=_ALGORITHM)


def read_bearer(connection: HTTPConnection) -> str:
    """The token of the `Authorization` header.

    Raises:
        Unauthenticated: there is none.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an access token: Authorization: Bearer <token>.")
    return token.strip()


def is_service(token: str) -> bool:
    """Whether it would be a service token, and no access token."""
    return token.startswith(SERVICE)


def service_hash(token: str) -> str | None:
    """What is stored of a service token; None of what cannot be one."""
    return hashed(token) if len(token) == _SERVICE_CHARS else None


def read_access(settings: Settings, token: str) -> Claims:
    """The claims of a token that we signed and that has not expired.

    Raises:
        Unauthenticated: it is neither.
    """
    if len(token) > _MOST_CHARS:
        raise Unauthenticated(_NOT_OURS)
    claims = _verified(token, settings.jwt_secret.get_secret_value())
    if claims.expires_at <= time.time():
        raise Unauthenticated(_EXPIRED)
    return claims


@lru_cache(maxsize=4096)
def _verified(token: str, secret: str) -> Claims:
    """The claims of a token that we signed; its signature is the same at every request of a sign-in, unlike the time."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["sub", "exp", "epoch", "sid"]},
        )
        return Claims(UUID(claims["sub"]), int(claims["epoch"]), UUID(claims["sid"]), int(claims["exp"]))
    except jwt.ExpiredSignatureError:
        raise Unauthenticated(_EXPIRED) from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise Unauthenticated(_NOT_OURS) from None


def new_refresh() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What is stored of a refresh token. A plain hash is enough, for nobody can guess one."""
    return hashlib.sha256(token.encode()).hexdigest()
