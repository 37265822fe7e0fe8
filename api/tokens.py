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
"""Ours have about 400."""
SERVICE = "avs_"
"""The prefix of a service token, by which secret scanners and we recognise a leaked one."""
_SERVICE_CHARS = len(SERVICE) + 43
_EXPIRED = "The access token has expired. Refresh it, or sign in again."
_NOT_OURS = "The access token is not valid. Sign in again."


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of an access token, or what is known of a service token. The user is loaded from the database in
    either case."""

    user_id: UUID
    epoch: int
    family: UUID | None
    """The session: the family of refresh tokens that the token belongs to. None for a service."""
    expires_at: int
    """Seconds since 1970."""


def issue_access(settings: Settings, user: User, family: UUID) -> str:
    """Issues a token for `access_token_s` seconds. It contains no role, which is looked up for each request."""
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
    """Whether it looks like a service token rather than an access token."""
    return token.startswith(SERVICE)


def service_hash(token: str) -> str | None:
    """The stored hash of a service token; None if it cannot be one."""
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
    """The claims of a token that we signed. Cached, because the signature, unlike the time, is the same for every
    request of a session."""
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
    """A refresh token of 256 random bits."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """The stored hash of a refresh token. A plain hash is enough, because nobody can guess one."""
    return hashlib.sha256(token.encode()).hexdigest()
