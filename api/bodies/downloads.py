"""What a job has made, and whether all of it is there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.bodies.base import Out
from api.bodies.job_languages import Details
from schema.enums import AssetKind


class DownloadOut(Out):
    """One object. `url` works without a token until `expires_at`."""

    language: str
    """BCP 47 code."""
    kind: AssetKind
    """What it is."""
    filename: str
    """What a browser saves it as."""
    content_type: str
    """Its media type."""
    size_bytes: int
    """How large it is."""
    url: str
    """Signed: whoever has it may download."""
    details: Details
    """What is known of it beside."""


class Downloads(Out):
    """What a job has made."""

    job_id: UUID
    """The job's."""
    expires_at: datetime
    """When the URLs end."""
    items: list[DownloadOut]
    """The source, and every output by language."""


class Missing(Out):
    """An output that was asked for and is not there."""

    language: str
    """BCP 47 code."""
    kind: AssetKind
    """What was asked for."""
    reason: str
    """What is wrong, for a person."""


class Validation(Out):
    """Whether every requested output exists in the bucket, as large as it was made."""

    job_id: UUID
    """The job's."""
    complete: bool
    """Whether nothing is missing."""
    checked: int
    """How many outputs were looked at."""
    missing: list[Missing]
    """Those that are not there."""
