"""Links that are mailed, or handed on. A link's token is derived whenever it is sent, from what the row says and a secret that no row
has; kept is its hash alone. A higher counter makes another token, so that the ones before are worthless."""

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


def token(secret: str, purpose: Purpose, row_id: UUID, counter: int = 1) -> str:
    """256 bits as URL-safe text, the same for the same arguments."""
    key = hashlib.sha256(f"links\n{secret}".encode()).digest()
    mac = hmac.new(key, f"{purpose}\n{row_id}\n{counter}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def hashed(link_token: str) -> str:
    """What is stored of a token. A plain hash is enough, for nobody can guess one."""
    return hashlib.sha256(link_token.encode()).hexdigest()
