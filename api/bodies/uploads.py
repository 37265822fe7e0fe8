"""Uploads: their request and response bodies."""

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
    """Information about a job, in addition to its video."""

    max_bytes = PROSE

    title: Title | None = None
    """Title. If absent: the brief's, or the file name."""
    notes: Notes | None = None
    """Notes for the people who work on the job. Those of a client's user are always visible to the client."""
    notes_audience: Audience = Audience.INTERNAL
    """Who may read `notes`."""
    due_at: Moment | None = None
    """When the job is due."""
    priority: Urgency | None = None
    """`rush` takes precedence over other jobs. Clients cannot set it."""
    reference: Reference | None = None
    """The job's reference in another system."""
    labels: Labels | None = None
    """Labels, for searching."""
    style: Style | None = None
    """Style guide for the descriptions, in addition to the client's."""
    project_id: UUID | None = None
    """Id of the project. If absent: the brief's, or the only project of the caller's only client."""
    brief_id: UUID | None = None
    """Id of the approved brief that the job is made from. Fields left out here are taken from it."""


class AboutAndTexts(About):
    """Texts of the source language that come with the video. They are checked in source QC like drafts."""

    max_bytes = 4 * MAX_BYTES + PROSE  # escaped in JSON, a text can double
    parsed = frozenset({"captions", "audio_description"})

    captions: BroughtText = None
    audio_description: BroughtText = None


class UploadInit(About):
    """A file to be uploaded."""

    filename: Filename
    """The original file name."""
    content_type: MediaType
    """Media type, such as `video/mp4`."""
    size_bytes: Integer = Field(gt=0, le=2**63 - 1)
    """Exact size in bytes. The session accepts no other."""


class UploadOut(Out):
    """An upload session. PUT chunks (multiples of 256 KiB except the last) with `Content-Range` to `upload_url`. After
    an interruption, ask it with `Content-Range: bytes */N`."""

    job_id: UUID
    """Id of the job that the upload will become."""
    upload_url: Shown
    """URL of a resumable upload session. Anyone who has it can upload."""
    gcs_uri: str
    """URI of the upload, for `complete`."""
    expires_at: datetime
    """When the upload session expires."""


class UploadComplete(AboutAndTexts):
    """A completed upload, and the outputs to make from it."""

    gcs_uri: Uri
    """The `gcs_uri` that `init` returned."""
    filename: Filename
    """The original file name."""
    source_language: Language | None = None
    """BCP 47 code of the language spoken in the video. If absent: the brief's."""
    requested_outputs: RequestedOutputs | None = None
    """The requested outputs. If absent: the brief's."""
    captions_uri: Uri | None = None
    """Instead of `captions`: the `gcs_uri` of a file that the caller uploaded with the purpose `captions`. It may be
    EBU STL."""
    audio_description_uri: Uri | None = None
    """Instead of `audio_description`: like `captions_uri`, with the purpose `audio_description`."""

    @model_validator(mode="after")
    def _each_text_once(self) -> Self:
        for kind in Kind:
            if getattr(self, kind.value) is not None and getattr(self, f"{kind.value}_uri") is not None:
                raise ValueError(f"send {kind.value} or name its file, one of the two")
        return self
