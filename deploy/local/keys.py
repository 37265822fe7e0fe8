"""What the local stack must keep secret, made at its first start and kept in the data folder."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel, ConfigDict

SIGNING_ACCOUNT = "local@accessible-video.local"


class Keys(BaseModel):
    """Random words, 256 bits each, but for the password of the seeded users, which a person types."""

    model_config = ConfigDict(frozen=True)

    jwt_secret: str
    postgres_password: str
    seed_password: str


def keys(folder: Path) -> Keys:
    """The keys in `folder`, made if there are none."""
    path = folder / "keys.json"
    if not path.exists():
        made = Keys(
            jwt_secret=secrets.token_urlsafe(32),
            postgres_password=secrets.token_urlsafe(32),
            seed_password="-".join(secrets.token_hex(2) for _ in range(4)),
        )
        _write_secret(path, made.model_dump_json(indent=2))
    return Keys.model_validate_json(path.read_text())


def signing_key(folder: Path) -> Path:
    """A service account key in the form that Google's clients read; it signs URLs and opens nothing at Google."""
    path = folder / "signing-key.json"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": "local",
            "private_key_id": "local",
            "private_key": pem.decode(),
            "client_email": SIGNING_ACCOUNT,
            "client_id": "local",
            "token_uri": "https://localhost/token",
        }
        _write_secret(path, json.dumps(account, indent=2))
    return path


def _write_secret(path: Path, words: str) -> None:
    """Whole or not at all, and for us alone."""
    part = path.with_name(f".{path.name}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(words)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
