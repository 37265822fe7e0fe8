"""Briefs: requests for a job, written before it is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field

from api.bodies.base import PROSE, Body, Out
from api.bodies.languages import Person
from schema.contracts.bounds import Language, Moment, Notes, Reason, Title, Uri
from schema.contracts.outputs import RequestedOutputs
from schema.enums import BriefAction, BriefStatus
from schema.tables import Brief, Upload

MOST_FILES = 20


def _each_once(uris: list[str]) -> list[str]:
    return list(dict.fromkeys(uris))


Files = Annotated[list[Uri], Field(max_length=MOST_FILES), AfterValidator(_each_once)]


def _without_dubs(outputs: RequestedOutputs) -> RequestedOutputs:
    if outputs.dubs:
        raise ValueError("a dub belongs to its video: name it where the job is made")
    return outputs


Outputs = Annotated[RequestedOutputs, AfterValidator(_without_dubs)]


class BriefBody(Body):
    """A new brief. Fields that are left out are given when a job is made from it."""

    max_bytes = PROSE

    client_id: UUID | None = None
    """Id of the client. If absent: the client of the project, or the caller's only client."""
    project_id: UUID | None = None
    """Id of the project in which the job will be created."""
    title: Title
    """Title, on one line."""
    notes: Notes = ""
    """Notes for the people who decide about the brief and work on it."""
    source_language: Language | None = None
    """BCP 47 code of the language spoken in the video."""
    requested_outputs: Outputs | None = None
    """The requested outputs and languages."""
    due_at: Moment | None = None
    """When the result is needed."""
    files: Files = []
    """The `gcs_uri` of each attached file, which the caller uploaded with the purpose `brief_attachment`."""


class BriefPatch(Body):
    """A change to a brief. Absent fields stay unchanged; null removes a value."""

    max_bytes = PROSE

    project_id: UUID | None = None
    """Id of the project in which the job will be created, of the same client."""
    title: Title | None = None
    """Title, on one line. It cannot be removed."""
    notes: Notes | None = None
    """Notes for the people who decide about the brief and work on it."""
    source_language: Language | None = None
    """BCP 47 code of the language spoken in the video."""
    requested_outputs: Outputs | None = None
    """The requested outputs and languages."""
    due_at: Moment | None = None
    """When the result is needed."""
    files: Files | None = None
    """The complete new list of attachments, by `gcs_uri`: files already attached, or uploaded by the caller."""


class BriefReturnBody(Body):
    """Why a brief is returned."""

    reason: Reason
    """The reason, for the authors of the brief."""


class BriefFileOut(Out):
    """An attached file."""

    file_id: UUID
    """Id of the file."""
    filename: str
    """The original file name."""
    content_type: str
    """Media type."""
    size_bytes: int
    """Size in bytes."""
    gcs_uri: str
    """The URI that identifies it in `files`."""


class BriefFileLink(BriefFileOut):
    """An attached file with a download URL."""

    url: str
    """Signed URL. Anyone who has it can download until `files_expire_at`."""


class BriefSummary(Out):
    """A brief in a list."""

    id: UUID
    """Id of the brief."""
    org_id: UUID
    """Id of the organisation that works for the client."""
    client_id: UUID
    """Id of the client."""
    project_id: UUID | None
    """Id of the project in which the job will be created."""
    title: str
    """Title."""
    status: BriefStatus
    """The current status."""
    due_at: datetime | None
    """When the result is needed."""
    created_at: datetime
    """When the brief was created."""
    updated_at: datetime
    """When it was last changed."""


class BriefOut(BriefSummary):
    """A brief in full."""

    notes: str
    """Notes for the people who decide about the brief and work on it."""
    source_language: str | None
    """BCP 47 code of the language spoken in the video."""
    requested_outputs: RequestedOutputs | None
    """The requested outputs."""
    reason: str | None
    """Why the draft was returned."""
    author: Person | None
    """The author. Hidden from the client's own users."""
    submitted_at: datetime | None
    """When it was last submitted."""
    decided_at: datetime | None
    """When it was last approved or returned."""
    allowed_actions: list[BriefAction]
    """The actions that the caller can take now."""
    files: Sequence[BriefFileOut]
    """The attached files, in order."""

    @classmethod
    def of(
        cls,
        brief: Brief,
        author: Person | None,
        allowed: Sequence[BriefAction],
        files: Sequence[BriefFileOut],
        **more: object,
    ) -> Self:
        kept = brief.model_dump(include=set(cls.model_fields) - {"requested_outputs"})
        outputs = brief.requested_outputs and RequestedOutputs.kept(brief.requested_outputs)
        return cls.model_validate(
            {
                **kept,
                "requested_outputs": outputs,
                "author": author,
                "allowed_actions": allowed,
                "files": files,
                **more,
            }
        )


class BriefDetail(BriefOut):
    """A brief with download URLs of its attachments."""

    files: Sequence[BriefFileLink]
    """The attached files, in order."""
    files_expire_at: datetime
    """When the URLs expire. Another GET returns new ones."""


def file_out(upload: Upload, uri: str) -> BriefFileOut:
    return BriefFileOut(
        file_id=upload.id,
        filename=upload.filename,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        gcs_uri=uri,
    )
