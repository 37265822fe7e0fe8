"""The outputs of a job, and whether all of them exist."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.bodies.base import Out
from api.bodies.job_languages import Details
from schema.enums import AssetKind


class DownloadOut(Out):
    """One object. `url` works without a token until `expires_at`."""

    language: str
    """BCP 47 language code."""
    kind: AssetKind
    """The kind of object."""
    filename: str
    """File name under which a browser saves it."""
    content_type: str
    """Media type."""
    size_bytes: int
    """Size in bytes."""
    url: str
    """Signed URL. Anyone who has it can download."""
    details: Details
    """More about the object."""


class Downloads(Out):
    """The outputs of a job."""

    job_id: UUID
    """Id of the job."""
    expires_at: datetime
    """When the URLs expire."""
    items: list[DownloadOut]
    """The source, and every output of each language."""


class Missing(Out):
    """A requested output that does not exist."""

    language: str
    """BCP 47 language code."""
    kind: AssetKind
    """The requested kind of output."""
    reason: str
    """What is wrong, in words."""


class Validation(Out):
    """Whether every requested output exists in the bucket with the size that was recorded."""

    job_id: UUID
    """Id of the job."""
    complete: bool
    """Whether every output exists."""
    checked: int
    """How many outputs were checked."""
    missing: list[Missing]
    """The outputs that do not exist."""
