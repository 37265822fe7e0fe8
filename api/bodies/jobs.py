"""Jobs: their request and response bodies."""

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
    """A change to a job. Absent fields stay unchanged."""

    max_bytes = PROSE

    title: Title | None = None
    """Title."""
    notes: Notes | None = None
    """Notes for the people who work on the job."""
    notes_audience: Audience = Audience.INTERNAL
    """Who may read `notes`. Those of a client's user are always visible to the client."""
    due_at: Moment | None = None
    """When the job is due; null removes the date."""
    priority: Urgency | None = None
    """`rush` takes precedence over other jobs. Clients cannot set it."""
    reference: Reference | None = None
    """The job's reference in another system; null removes it."""
    labels: Labels | None = None
    """Labels, for searching. They replace the earlier ones."""
    style: Style | None = None
    """Style guide for the descriptions, in addition to the client's. It applies from the next draft on."""
    requested_outputs: RequestedOutputs | None = None
    """The complete requested outputs. They replace the earlier ones."""


class CloneBody(Body):
    """A new job with the same configuration, from the same source or from the upload at `gcs_uri`."""

    max_bytes = PROSE

    title: Title | None = None
    """If absent, the original job's."""
    notes: Notes | None = None
    """If absent, the original job's."""
    gcs_uri: Uri | None = None
    """URI of a completed upload of the caller."""


class SourceBody(Body):
    """A replacement video for a rejected, blocked or failed job."""

    gcs_uri: Uri
    """URI of a completed upload of the caller."""
    note: Reason | None = None
    """A note to the reviewer on what changed."""


class JobSummary(Out):
    """A job in a list."""

    id: UUID
    """Id of the job."""
    status: JobStatus
    """The current status."""
    title: str
    """Title."""
    created_at: datetime
    """When it was created."""
    updated_at: datetime
    """When it last changed."""
    completed_at: datetime | None
    """When it was completed."""
    org_id: UUID
    """Id of the organisation."""
    client_id: UUID
    """Id of the client."""
    project_id: UUID
    """Id of the project."""
    creator_id: UUID
    """Id of the creator."""
    source_language: str
    """BCP 47 language code."""
    languages: list[str]
    """The requested target languages."""
    due_at: datetime | None
    """When the job is due."""
    priority: Urgency
    """Whether the job takes precedence over others."""
    reference: str
    """The job's reference in another system; empty if none was given."""
    labels: list[str]
    """Labels, for searching."""
    step: Step | None
    """The running or failed step."""
    failure: Failure | None
    """Why a step failed."""
    deleted_at: datetime | None = None
    """When the job was deleted; only in the list of deleted jobs."""


class JobOut(Out):
    """A job in full."""

    id: UUID
    """Id of the job."""
    status: JobStatus
    """The current status."""
    title: str
    """Title."""
    notes: str
    """Notes for the people who work on the job."""
    client_notes: str
    """Notes that the client may read."""
    created_at: datetime
    """When it was created."""
    updated_at: datetime
    """When it last changed."""
    completed_at: datetime | None
    """When it was completed."""
    org_id: UUID
    """Id of the organisation."""
    client_id: UUID
    """Id of the client."""
    project_id: UUID
    """Id of the project."""
    brief_id: UUID | None
    """Id of the brief that the job was made from."""
    creator_id: UUID
    """Id of the creator."""
    cloned_from: UUID | None
    """Id of the job that this one was cloned from."""
    source_language: str
    """BCP 47 language code."""
    requested_outputs: RequestedOutputs
    """The requested outputs."""
    due_at: datetime | None
    """When the job is due."""
    priority: Urgency
    """Whether the job takes precedence over others."""
    reference: str
    """The job's reference in another system; empty if none was given."""
    labels: list[str]
    """Labels, for searching."""
    style: str
    """Style guide for the descriptions, in addition to the client's."""
    filename: str
    """File name of the source, as uploaded."""
    content_type: str
    """Media type of the source."""
    size_bytes: int
    """Size of the source in bytes."""
    step: Step | None
    """The running or failed step."""
    revision: int
    """Incremented each time that work on the job starts again."""
    failure: Failure | None
    """Why a step failed."""
    reason: str | None
    """Why the job was rejected, blocked or returned, as a person wrote it."""
    allowed_actions: list[JobAction]
    """The actions that the caller can take now."""
    languages: dict[str, LanguageOut]
    """Languages by BCP 47 code, the source language first."""

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
"""A job in full, in the shape for the caller's role."""


def _shared(job: Job) -> dict[str, Any]:
    names = (
        "id", "status", "title", "created_at", "updated_at", "completed_at", "org_id", "client_id", "project_id",
        "creator_id", "source_language", "due_at", "priority", "reference", "labels", "step", "failure",
    )  # fmt: skip
    return {name: getattr(job, name) for name in names}
