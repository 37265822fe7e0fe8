"""Files that people send beside a video."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from api.bodies.base import Body, Out, Shown
from api.bodies.numbers import Integer
from schema.contracts.bounds import Filename, MediaType
from schema.enums import FilePurpose


def _not_a_job(purpose: FilePurpose) -> FilePurpose:
    if purpose is FilePurpose.SOURCE:
        raise ValueError("the video of a job is announced with POST /jobs/upload/init")
    return purpose


class FileInit(Body):
    """A file that is going to be sent."""

    purpose: Annotated[FilePurpose, AfterValidator(_not_a_job)]
    """What it is for: each takes types and a size of its own. Not `source`."""
    filename: Filename
    """As it is called where it comes from."""
    content_type: MediaType
    """Such as `audio/wav`."""
    size_bytes: Integer = Field(gt=0, le=2**63 - 1)
    """Exactly: the session takes no other size."""


class FileInitOut(Out):
    """PUT chunks (multiples of 256 KiB but the last) with `Content-Range` to `upload_url`; after a cut ask it
    `Content-Range: bytes */N`."""

    file_id: UUID
    """The file's."""
    purpose: FilePurpose
    """What it can be used for."""
    upload_url: Shown
    """A resumable session; whoever has it may send."""
    gcs_uri: str
    """What it is named by where it is used, by the same person alone."""
    expires_at: datetime
    """Until when it can be used. What is not used by then is deleted."""
