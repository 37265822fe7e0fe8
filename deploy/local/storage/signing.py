"""V4 signatures: the local key, and the verification of a signed request.

What is signed, and how, is Google's `GOOG4-RSA-SHA256`: "V4 signing process" and "Canonical requests" in the Cloud
Storage documentation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.requests import Request

from deploy.local.keys import write_secret
from deploy.local.storage.errors import StorageError, invalid

ALGORITHM = "GOOG4-RSA-SHA256"
EMAIL = "local-storage@local.invalid"
MAX_EXPIRES_S = 7 * 24 * 3600
CLOCK_SKEW = timedelta(minutes=15)
"""How far in the future a signature may be dated."""


class SigningKey:
    """The key in a file of the form of a service account's, so that Google's own client can sign with it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            write_secret(path, json.dumps(_new_account(), indent=2))
        account = json.loads(path.read_text())
        private = serialization.load_pem_private_key(account["private_key"].encode(), password=None)
        assert isinstance(private, rsa.RSAPrivateKey)
        self._public = private.public_key()
        self._email: str = account["client_email"]

    def verify(self, request: Request) -> None:
        """403 where a request is not signed, or not by this key for just this request; 400 where the signature
        has expired or is malformed."""
        query = parse_qsl(request.url.query, keep_blank_values=True)
        signed = dict(query)
        if "X-Goog-Signature" not in signed:
            raise StorageError(403, "AccessDenied", "Anonymous access is refused: the URL must be signed.")
        scope = self._checked_scope(signed)
        canonical = _canonical_request(request, query, signed.get("X-Goog-SignedHeaders", ""))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        message = "\n".join([ALGORITHM, signed["X-Goog-Date"], scope, digest])
        try:
            signature = bytes.fromhex(signed["X-Goog-Signature"])
            self._public.verify(signature, message.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, InvalidSignature) as error:
            raise _mismatch("The signature does not match what was requested.") from error

    def _checked_scope(self, signed: Mapping[str, str]) -> str:
        """The credential's scope, once everything about the time holds."""
        if signed.get("X-Goog-Algorithm") != ALGORITHM:
            raise invalid(f"X-Goog-Algorithm must be {ALGORITHM}.")
        try:
            made = datetime.strptime(signed.get("X-Goog-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            expires_s = int(signed.get("X-Goog-Expires", ""))
        except ValueError as error:
            raise invalid("X-Goog-Date must be like 20260131T235959Z, X-Goog-Expires a number.") from error
        if not 0 < expires_s <= MAX_EXPIRES_S:
            raise invalid(f"X-Goog-Expires must be 1 to {MAX_EXPIRES_S} seconds.")
        email, _, scope = signed.get("X-Goog-Credential", "").partition("/")
        if scope != f"{made:%Y%m%d}/auto/storage/goog4_request" or email != self._email:
            raise _mismatch("X-Goog-Credential names another account, day or service.")
        moment = datetime.now(UTC)
        if made > moment + CLOCK_SKEW:
            raise _mismatch("X-Goog-Date lies in the future.")
        if moment >= made + timedelta(seconds=expires_s):
            raise StorageError(
                400, "ExpiredToken", f"The signature expired at {made + timedelta(seconds=expires_s)}."
            )
        return scope


def _canonical_request(request: Request, query: list[tuple[str, str]], signed_headers: str) -> str:
    names = signed_headers.split(";")
    if "host" not in names:
        raise _mismatch("X-Goog-SignedHeaders must include host.")
    unsigned = [name for name in request.headers if name.startswith("x-goog-") and name not in names]
    if unsigned:
        raise _mismatch(f"Headers that matter to the service must be signed: {', '.join(unsigned)}.")
    lines = [
        f"{name}:{','.join(_folded(value) for value in request.headers.getlist(name))}\n" for name in names
    ]
    pairs = sorted(f"{_quoted(key)}={_quoted(value)}" for key, value in query if key != "X-Goog-Signature")
    path = quote(unquote(request.scope["path"]), safe="/~")
    payload = request.headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
    return "\n".join([request.method, path, "&".join(pairs), "".join(lines), signed_headers, payload])


def _folded(value: str) -> str:
    return " ".join(value.split())


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _mismatch(message: str) -> StorageError:
    return StorageError(403, "SignatureDoesNotMatch", message)


def _new_account() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "local",
        "private_key_id": "local",
        "private_key": pem.decode(),
        "client_email": EMAIL,
        "token_uri": "http://127.0.0.1/no-tokens-here",
    }
