"""Links that are mailed or shared, and the keys of webhooks. A link's token is derived each time that it is sent, from
the row and a secret that is not in the database. Only its hash is stored. A higher counter gives another token, which
invalidates the earlier ones."""

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
    """Key that signs deliveries; the receiver has the same key."""


def key(secret: str, purpose: Purpose, row_id: UUID, counter: int = 1) -> bytes:
    """256 bits, the same for the same arguments."""
    of_links = hashlib.sha256(f"links\n{secret}".encode()).digest()
    return hmac.digest(of_links, f"{purpose}\n{row_id}\n{counter}".encode(), "sha256")


def token(secret: str, purpose: Purpose, row_id: UUID, counter: int = 1) -> str:
    """The key as URL-safe text."""
    return base64.urlsafe_b64encode(key(secret, purpose, row_id, counter)).decode().rstrip("=")


def hashed(link_token: str) -> str:
    """The stored hash of a token. A plain hash is enough, because nobody can guess one."""
    return hashlib.sha256(link_token.encode()).hexdigest()
