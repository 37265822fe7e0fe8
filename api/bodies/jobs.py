"""Jobs as people send and see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api.allowed import job_actions, language_actions
from api.bodies.base import PROSE, Body, Out
from api.bodies.client_jobs import ClientJob
from api.bodies.job_languages import LanguageOut
from schema.contracts.bounds import Labels, Moment, Notes, Reason, Reference, Style, Title, Uri
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Failure
from schema.enums import (
    Audience,
    JobAction,
    JobStatus,
    Step,
    Urgency,
)
from schema.permissions import Principal
from schema.tables import Job, JobLanguage


class JobPatch(Body):
    """What may be changed of a job; what is absent stays."""

    max_bytes = PROSE

    title: Title | None = None
    """What people call it."""
    notes: Notes | None = None
    """For those who work on it."""
    notes_audience: Audience = Audience.INTERNAL
    """Whom `notes` are for; a client's are the client's too."""
    due_at: Moment | None = None
    """When it is to be complete; null takes the date away."""
    priority: Urgency | None = None
    """`rush` comes before others; clients do not say it."""
    reference: Reference | None = None
    """What another system calls it; null takes it away."""
    labels: Labels | None = None
    """To find it by, in the place of those before."""
    style: Style | None = None
    """How its descriptions are to be written, beside the client's own style: heeded by the next draft."""
    requested_outputs: RequestedOutputs | None = None
    """All that is to be made, in the place of what was asked for."""


class CloneBody(Body):
    """A new job with the same configuration: of the same source, or of the upload at `gcs_uri`."""

    max_bytes = PROSE

    title: Title | None = None
    """Absent: the old one's."""
    notes: Notes | None = None
    """Absent: the old one's."""
    gcs_uri: Uri | None = None
    """A finished upload of yours."""


class SourceBody(Body):
    """Another video for a job that was rejected, blocked or failed."""

    gcs_uri: Uri
    """A finished upload of yours."""
    note: Reason | None = None
    """A word to the reviewer: what is different."""


class JobSummary(Out):
    """A job in a list."""

    id: UUID
    """The job's."""
    status: JobStatus
    """Where it is."""
    title: str
    """What people call it."""
    created_at: datetime
    """When it was made."""
    updated_at: datetime
    """When it changed last."""
    completed_at: datetime | None
    """When it was complete."""
    org_id: UUID
    """The organisation's."""
    client_id: UUID
    """The client's."""
    project_id: UUID
    """The project's."""
    creator_id: UUID
    """Whoever made it."""
    source_language: str
    """BCP 47 code."""
    languages: list[str]
    """The targets that were asked for."""
    due_at: datetime | None
    """When it is to be complete."""
    priority: Urgency
    """Whether it comes before others."""
    reference: str
    """What another system calls it; empty where nobody has said."""
    labels: list[str]
    """To find it by."""
    step: Step | None
    """The step that runs, or that failed."""
    failure: Failure | None
    """Why a step stopped for good."""
    deleted_at: datetime | None = None
    """When it was deleted, in the list of those that were."""


class JobOut(Out):
    """A job in full."""

    id: UUID
    """The job's."""
    status: JobStatus
    """Where it is."""
    title: str
    """What people call it."""
    notes: str
    """For those who work on it."""
    client_notes: str
    """For the client too."""
    created_at: datetime
    """When it was made."""
    updated_at: datetime
    """When it changed last."""
    completed_at: datetime | None
    """When it was complete."""
    org_id: UUID
    """The organisation's."""
    client_id: UUID
    """The client's."""
    project_id: UUID
    """The project's."""
    brief_id: UUID | None
    """The brief that it belongs to."""
    creator_id: UUID
    """Whoever made it."""
    cloned_from: UUID | None
    """The job that it is a clone of."""
    source_language: str
    """BCP 47 code."""
    requested_outputs: RequestedOutputs
    """What is to be made."""
    due_at: datetime | None
    """When it is to be complete."""
    priority: Urgency
    """Whether it comes before others."""
    reference: str
    """What another system calls it; empty where nobody has said."""
    labels: list[str]
    """To find it by."""
    style: str
    """How its descriptions are to be written, beside the client's own style."""
    filename: str
    """The source's, as it was uploaded."""
    content_type: str
    """The source's media type."""
    size_bytes: int
    """The source's size."""
    step: Step | None
    """The step that runs, or that failed."""
    revision: int
    """Counts every time that work began again."""
    failure: Failure | None
    """Why a step stopped for good."""
    reason: str | None
    """Why it was rejected, blocked or returned, in a person's words."""
    allowed_actions: list[JobAction]
    """What the caller may do about it now."""
    languages: dict[str, LanguageOut]
    """By BCP 47 code, the source language first."""

    @classmethod
    def of(
        cls,
        job: Job,
        languages: Iterable[tuple[JobLanguage, Mapping[str, int], Iterable[Mapping[str, Any]]]],
        who: Principal,
        *,
        leads: bool,
    ) -> JobOut:
        return cls.model_validate(
            {
                **_shared(job),
                "notes": job.notes,
                "client_notes": job.client_notes,
                "style": job.style,
                "brief_id": job.brief_id,
                "cloned_from": job.cloned_from,
                "requested_outputs": RequestedOutputs.kept(job.requested_outputs),
                "filename": job.filename,
                "content_type": job.content_type,
                "size_bytes": job.size_bytes,
                "revision": job.revision,
                "reason": job.reason,
                "allowed_actions": job_actions(who, job),
                "languages": {
                    row.language: LanguageOut.of(
                        row, versions, outputs, language_actions(who, job, row, leads=leads)
                    )
                    for row, versions, outputs in languages
                },
            }
        )


JobView = JobOut | ClientJob
"""A job in full, as whoever asks may see it."""


def _shared(job: Job) -> dict[str, Any]:
    names = (
        "id", "status", "title", "created_at", "updated_at", "completed_at", "org_id", "client_id", "project_id",
        "creator_id", "source_language", "due_at", "priority", "reference", "labels", "step", "failure",
    )  # fmt: skip
    return {name: getattr(job, name) for name in names}
