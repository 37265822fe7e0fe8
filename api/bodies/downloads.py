"""What a job has made, and whether all of it is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from schema.enums import AssetKind


class DownloadOut(BaseModel):
    """One object. `url` works without a token until `expires_at`."""

    language: str
    kind: AssetKind
    filename: str
    content_type: str
    size_bytes: int
    url: str
    details: dict[str, Any]


class Downloads(BaseModel):
    job_id: UUID
    expires_at: datetime
    items: list[DownloadOut]


class Missing(BaseModel):
    language: str
    kind: AssetKind
    reason: str


class Validation(BaseModel):
    """Whether every requested output exists in the bucket, as large as it was made."""

    job_id: UUID
    complete: bool
    checked: int
    missing: list[Missing]
