"""Uploads as people send and see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.bodies.base import PROSE, Body
from api.bodies.jobs import Notes, Title
from api.bodies.numbers import Integer
from schema.contracts.outputs import Language, RequestedOutputs
from schema.vtt.parse import MAX_BYTES

Filename = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


BroughtText = Annotated[
    str | None,
    Field(
        max_length=MAX_BYTES,
        description="A text of the source language that you bring, as WebVTT, SRT or DAPT: no draft is made of it.",
    ),
]


class About(Body):
    """What a job is about, beside its video."""

    max_bytes = PROSE

    title: Title | None = None
    """Absent: the file's name."""
    notes: Notes = ""
    project_id: UUID | None = None
    """Absent: the only project of the caller's only client."""
    brief_id: UUID | None = None


class AboutAndTexts(About):
    """Texts of the source language may come with the video; they are checked in source QC as drafts are."""

    max_bytes = 4 * MAX_BYTES + PROSE  # escaped in JSON, a text can double
    parsed = frozenset({"captions", "audio_description"})

    captions: BroughtText = None
    audio_description: BroughtText = None


class UploadInit(About):
    filename: Filename
    content_type: str = Field(max_length=200)
    size_bytes: Integer = Field(gt=0)


class UploadOut(BaseModel):
    """PUT chunks (multiples of 256 KiB but the last) with `Content-Range` to `upload_url`; after a cut ask it
    `Content-Range: bytes */N`."""

    job_id: UUID
    upload_url: str
    gcs_uri: str
    expires_at: datetime


class UploadComplete(AboutAndTexts):
    gcs_uri: str = Field(max_length=1200)
    filename: Filename
    source_language: Language
    requested_outputs: RequestedOutputs
