"""Files that people upload in addition to a video."""

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
    """A file to be uploaded."""

    purpose: Annotated[FilePurpose, AfterValidator(_not_a_job)]
    """What the file is for. Each purpose has its own media types and size limit. `source` is not allowed here."""
    filename: Filename
    """The original file name."""
    content_type: MediaType
    """Media type, such as `audio/wav`."""
    size_bytes: Integer = Field(gt=0, le=2**63 - 1)
    """Exact size in bytes. The session accepts no other."""


class FileInitOut(Out):
    """An upload session. PUT chunks (multiples of 256 KiB except the last) with `Content-Range` to `upload_url`. After
    an interruption, ask it with `Content-Range: bytes */N`."""

    file_id: UUID
    """Id of the file."""
    purpose: FilePurpose
    """What the file can be used for."""
    upload_url: Shown
    """URL of a resumable upload session. Anyone who has it can upload."""
    gcs_uri: str
    """URI that identifies the file when it is used. Only the person who uploaded it can use it."""
    expires_at: datetime
    """When the file is deleted, unless it is used by then."""
