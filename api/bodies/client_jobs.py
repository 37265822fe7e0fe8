"""Jobs, texts and outputs as the role client sees them: what was requested, its progress, and what was delivered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api.allowed import job_actions
from api.bodies.base import Out
from schema.contracts.outputs import RequestedOutputs
from schema.enums import AssetKind, JobAction, JobStatus, Kind, LanguageStage, QCState, Urgency
from schema.permissions import Principal
from schema.queries.assets import FOR_CLIENTS, Delivered
from schema.tables import Job, JobLanguage

_REASONED = (JobStatus.REJECTED, JobStatus.BLOCKED_ON_SOURCE)
"""Statuses in which the job went back to its creator with a reason."""


class ClientJobSummary(Out):
    """A job in a list, as its client sees it."""

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


class ClientOutput(Out):
    """An object that the last completion delivered; `GET downloads` signs its URL."""

    kind: AssetKind
    """The kind of object."""
    content_type: str
    """Media type."""
    size_bytes: int
    """Size in bytes."""


class ClientLanguage(Out):
    """A language of a job, as its client sees it."""

    language: str
    """BCP 47 language code."""
    is_source: bool
    """Whether this is the language of the video."""
    outputs: list[ClientOutput]
    """The delivered outputs of this language."""


class ClientJob(Out):
    """A job, as its client sees it."""

    id: UUID
    """Id of the job."""
    status: JobStatus
    """The current status."""
    title: str
    """Title."""
    notes: str
    """The notes that the client may read."""
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
    """Style guide for the descriptions."""
    filename: str
    """File name of the source, as uploaded."""
    content_type: str
    """Media type of the source."""
    size_bytes: int
    """Size of the source in bytes."""
    reason: str | None
    """Why the job was rejected or blocked, for its creator."""
    allowed_actions: list[JobAction]
    """The actions that the caller can take now."""
    languages: dict[str, ClientLanguage]
    """Languages by BCP 47 code, the source language first."""

    @classmethod
    def of(
        cls,
        job: Job,
        languages: Iterable[tuple[JobLanguage, Mapping[str, int], Iterable[Mapping[str, Any]]]],
        who: Principal,
    ) -> ClientJob:
        delivered = [Delivered.kept(each) for each in job.delivered or ()]
        worked_out = {"notes", "requested_outputs", "reason", "allowed_actions", "languages"}
        return cls(
            **{name: getattr(job, name) for name in cls.model_fields if name not in worked_out},
            notes=job.client_notes,
            requested_outputs=RequestedOutputs.kept(job.requested_outputs),
            reason=job.reason if job.status in _REASONED else None,
            allowed_actions=job_actions(who, job),
            languages={
                row.language: ClientLanguage(
                    language=row.language,
                    is_source=row.is_source,
                    outputs=[
                        ClientOutput.model_validate(each, from_attributes=True)
                        for each in delivered
                        if each.language == row.language and each.kind in FOR_CLIENTS
                    ],
                )
                for row, _, _ in languages
            },
        )


class ClientQC(Out):
    """The QC state of a language, as the job's client sees it."""

    language: str
    """BCP 47 language code."""
    is_source: bool
    """Whether this is the language of the video."""
    stage: LanguageStage
    """The stage of the language after source QC."""
    qc_state: QCState | None
    """The state of language QC. Null for the source language, which has source QC instead."""


class ClientQCMap(Out):
    """The QC state of every language of a job, as its client sees it."""

    job_id: UUID
    """Id of the job."""
    status: JobStatus
    """Status of the job."""
    languages: dict[str, ClientQC]
    """Languages by BCP 47 code, the source language first."""


class ClientText(Out):
    """A text, as its client sees it."""

    content: str
    """The whole WebVTT file."""
    version: int
    """Version number, from 1. The ETag begins with it."""
    language: str
    """BCP 47 language code."""
    kind: Kind
    """Which text: captions or audio description."""
    created_at: datetime
    """When it was saved."""


class ClientVersion(Out):
    """A version without its text, as its client sees it."""

    version: int
    """Version number, from 1."""
    created_at: datetime
    """When it was saved."""
