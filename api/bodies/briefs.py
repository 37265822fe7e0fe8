"""Briefs as they are written and seen."""

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
    """What is asked for. What is left out is said when a job is made of it."""

    max_bytes = PROSE

    client_id: UUID | None = None
    """Whose it is. Absent: the client of the project, or else the caller's only client."""
    project_id: UUID | None = None
    """Where its job is going to be."""
    title: Title
    """One line."""
    notes: Notes = ""
    """For those who decide about it and work on it."""
    source_language: Language | None = None
    """BCP 47 code of what is spoken in the video."""
    requested_outputs: Outputs | None = None
    """What is to be made, and in which languages."""
    due_at: Moment | None = None
    """When it is needed."""
    files: Files = []
    """The `gcs_uri` of files that the caller has sent, announced as `brief_attachment`."""


class BriefPatch(Body):
    """What is absent stays; what is null is taken out."""

    max_bytes = PROSE

    project_id: UUID | None = None
    """Where its job is going to be, a project of the same client."""
    title: Title | None = None
    """One line. It cannot be taken out."""
    notes: Notes | None = None
    """For those who decide about it and work on it."""
    source_language: Language | None = None
    """BCP 47 code of what is spoken in the video."""
    requested_outputs: Outputs | None = None
    """What is to be made, and in which languages."""
    due_at: Moment | None = None
    """When it is needed."""
    files: Files | None = None
    """All that are attached from now on, by `gcs_uri`: those that are already, and others that the caller has sent."""


class BriefReturnBody(Body):
    """Why it cannot be done so."""

    reason: Reason
    """For those who wrote it."""


class BriefFileOut(Out):
    """What is attached."""

    file_id: UUID
    """The file's."""
    filename: str
    """As it is called where it comes from."""
    content_type: str
    """Its media type."""
    size_bytes: int
    """How large it is."""
    gcs_uri: str
    """What it is named by in `files`."""


class BriefFileLink(BriefFileOut):
    """With a URL that downloads it."""

    url: str
    """Signed: whoever has it may download, until `files_expire_at`."""


class BriefSummary(Out):
    """A brief in a list."""

    id: UUID
    """The brief's."""
    org_id: UUID
    """The organisation that works for the client."""
    client_id: UUID
    """Whose it is."""
    project_id: UUID | None
    """Where its job is going to be."""
    title: str
    """What people call it."""
    status: BriefStatus
    """Where it is."""
    due_at: datetime | None
    """When it is needed."""
    created_at: datetime
    """When it was begun."""
    updated_at: datetime
    """When it was changed last."""


class BriefOut(BriefSummary):
    """A brief in full."""

    notes: str
    """For those who decide about it and work on it."""
    source_language: str | None
    """BCP 47 code of what is spoken in the video."""
    requested_outputs: RequestedOutputs | None
    """What is to be made."""
    reason: str | None
    """Of a draft that was returned: why."""
    author: Person | None
    """Who began it. Not for the client's own users."""
    submitted_at: datetime | None
    """When it was submitted last."""
    decided_at: datetime | None
    """When it was approved, or returned last."""
    allowed_actions: list[BriefAction]
    """What the caller may do with it now."""
    files: Sequence[BriefFileOut]
    """What is attached, in order."""

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
    """With URLs of what is attached."""

    files: Sequence[BriefFileLink]
    """What is attached, in order."""
    files_expire_at: datetime
    """When their URLs end; another GET has new ones."""


def file_out(upload: Upload, uri: str) -> BriefFileOut:
    return BriefFileOut(
        file_id=upload.id,
        filename=upload.filename,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        gcs_uri=uri,
    )
