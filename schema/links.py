"""Links that are mailed, or handed on, and the keys of webhooks. A link's token is derived whenever it is sent, from what the row says
and a secret that no row has; kept is its hash alone. A higher counter makes another token, so that the ones before are worthless."""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum
from uuid import UUID


class Purpose(StrEnum):
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105
    SHARE = "share"
    SERVICE = "service"
    WEBHOOK = "webhook"
    """Signs what is sent; the receiver has the same key."""


def key(secret: str, purpose: Purpose, row_id: UUID, counter: int = 1) -> bytes:
    """256 bits, the same for the same arguments."""
    of_links = hashlib.sha256(f"links\n{secret}".encode()).digest()
    return hmac.digest(of_links, f"{purpose}\n{row_id}\n{counter}".encode(), "sha256")


def token(secret: str, purpose: Purpose, row_id: UUID, counter: int = 1) -> str:
    """The key as URL-safe text."""
    return base64.urlsafe_b64encode(key(secret, purpose, row_id, counter)).decode().rstrip("=")


def hashed(link_token: str) -> str:
    """What is stored of a token. A plain hash is enough, for nobody can guess one."""
    return hashlib.sha256(link_token.encode()).hexdigest()
