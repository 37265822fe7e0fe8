"""Uploads as people send and see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.bodies.base import PROSE, Body, Out, Shown
from api.bodies.numbers import Integer
from schema.contracts.bounds import (
    Filename,
    Labels,
    Language,
    MediaType,
    Moment,
    Notes,
    Reference,
    Style,
    Title,
    Uri,
)
from schema.contracts.outputs import RequestedOutputs
from schema.enums import Audience, Kind, Urgency
from schema.vtt.parse import MAX_BYTES

BroughtText = Annotated[
    str | None,
    Field(
        max_length=MAX_BYTES,
        description="A text of the source language that you bring, as WebVTT, SRT, DAPT, SCC or ASS: no draft is made of it.",
    ),
]


class About(Body):
    """What a job is about, beside its video."""

    max_bytes = PROSE

    title: Title | None = None
    """Absent: the brief's, or else the file's name."""
    notes: Notes | None = None
    """For those who work on it; a client's are the client's too."""
    notes_audience: Audience = Audience.INTERNAL
    """Whom the notes are for."""
    due_at: Moment | None = None
    """When it is to be complete."""
    priority: Urgency | None = None
    """`rush` comes before others; clients do not say it."""
    reference: Reference | None = None
    """What another system calls it."""
    labels: Labels | None = None
    """To find it by."""
    style: Style | None = None
    """How its descriptions are to be written, beside the client's own style."""
    project_id: UUID | None = None
    """Absent: that of the brief, or else the only project of the caller's only client."""
    brief_id: UUID | None = None
    """The approved brief that it is made of: what is left out here is as it says."""


class AboutAndTexts(About):
    """Texts of the source language may come with the video; they are checked in source QC as drafts are."""

    max_bytes = 4 * MAX_BYTES + PROSE  # escaped in JSON, a text can double
    parsed = frozenset({"captions", "audio_description"})

    captions: BroughtText = None
    audio_description: BroughtText = None


class UploadInit(About):
    """A file that is going to be sent."""

    filename: Filename
    """As it is called where it comes from."""
    content_type: MediaType
    """Such as `video/mp4`."""
    size_bytes: Integer = Field(gt=0, le=2**63 - 1)
    """Exactly: the session takes no other size."""


class UploadOut(Out):
    """PUT chunks (multiples of 256 KiB but the last) with `Content-Range` to `upload_url`; after a cut ask it
    `Content-Range: bytes */N`."""

    job_id: UUID
    """Of the job that it becomes."""
    upload_url: Shown
    """A resumable session; whoever has it may send."""
    gcs_uri: str
    """What `complete` is told."""
    expires_at: datetime
    """When the session ends."""


class UploadComplete(AboutAndTexts):
    """A file that was sent, and what is to be made of it."""

    gcs_uri: Uri
    """What `init` answered."""
    filename: Filename
    """As it is called where it comes from."""
    source_language: Language | None = None
    """BCP 47 code of what is spoken in it. Absent: the brief's."""
    requested_outputs: RequestedOutputs | None = None
    """What is to be made. Absent: the brief's."""
    captions_uri: Uri | None = None
    """In the place of `captions`: the `gcs_uri` of a file of the caller's, announced as `captions`. EBU STL too."""
    audio_description_uri: Uri | None = None
    """In the place of `audio_description`: as `captions_uri`, announced as `audio_description`."""

    @model_validator(mode="after")
    def _each_text_once(self) -> Self:
        for kind in Kind:
            if getattr(self, kind.value) is not None and getattr(self, f"{kind.value}_uri") is not None:
                raise ValueError(f"send {kind.value} or name its file, one of the two")
        return self
