"""Jobs, texts and outputs as the role client sees them: what was asked for, how far it is, and what was completed."""

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
"""What goes back to whoever made the job, with a reason."""


class ClientJobSummary(Out):
    """A job in a list, as its client sees it."""

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


class ClientOutput(Out):
    """An object that the last completion delivered; `GET downloads` signs its URL."""

    kind: AssetKind
    """What it is."""
    content_type: str
    """Its media type."""
    size_bytes: int
    """How large it is."""


class ClientLanguage(Out):
    """A language of a job, as its client sees it."""

    language: str
    """BCP 47 code."""
    is_source: bool
    """Whether it is the video's own."""
    outputs: list[ClientOutput]
    """What was completed of it."""


class ClientJob(Out):
    """A job, as its client sees it."""

    id: UUID
    """The job's."""
    status: JobStatus
    """Where it is."""
    title: str
    """What people call it."""
    notes: str
    """Those that are for the client too."""
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
    """How its descriptions are to be written."""
    filename: str
    """The source's, as it was uploaded."""
    content_type: str
    """The source's media type."""
    size_bytes: int
    """The source's size."""
    reason: str | None
    """Why it was rejected or blocked, for whoever made it."""
    allowed_actions: list[JobAction]
    """What the caller may do about it now."""
    languages: dict[str, ClientLanguage]
    """By BCP 47 code, the source language first."""

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
    """Where a language is in QC, as the job's client sees it."""

    language: str
    """BCP 47 code."""
    is_source: bool
    """Whether it is the video's own."""
    stage: LanguageStage
    """Where it is after source QC."""
    qc_state: QCState | None
    """None of the source language, which follows source QC."""


class ClientQCMap(Out):
    """Where every language of a job is, as its client sees it."""

    job_id: UUID
    """The job's."""
    status: JobStatus
    """Where the job is."""
    languages: dict[str, ClientQC]
    """By BCP 47 code, the source language first."""


class ClientText(Out):
    """A text, as its client sees it."""

    content: str
    """The whole WebVTT file."""
    version: int
    """Counts from 1; the ETag begins with it."""
    language: str
    """BCP 47 code."""
    kind: Kind
    """Which of the two texts."""
    created_at: datetime
    """When it was saved."""


class ClientVersion(Out):
    """A version without its text, as its client sees it."""

    version: int
    """Counts from 1."""
    created_at: datetime
    """When it was saved."""
