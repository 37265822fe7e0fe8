"""Secrets of the local stack, created at its first start and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Keys(BaseModel):
    """Random secrets of 256 bits each, except for the password of the seeded users, which a person types."""

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
        write_secret(path, made.model_dump_json(indent=2))
    return Keys.model_validate_json(path.read_text())


def write_secret(path: Path, words: str) -> None:
    """Writes the file atomically, readable only by its owner."""
    part = path.with_name(f".{path.name}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(words)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
