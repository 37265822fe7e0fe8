"""Jobs as people send and see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.bodies.base import PROSE, Body
from schema.contracts.outputs import Language, RequestedOutputs
from schema.contracts.steps import Versions
from schema.enums import AssetKind, JobAction, JobStatus, Kind, LanguageAction, LanguageStage, QCState, Step
from schema.tables import Job, JobLanguage
from schema.transitions import allowed_job_actions, allowed_language_actions

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Notes = Annotated[str, StringConstraints(max_length=10_000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class JobPatch(Body):
    """What may be changed of a job; what is absent stays."""

    max_bytes = PROSE

    title: Title | None = None
    notes: Notes | None = None
    requested_outputs: RequestedOutputs | None = None


class CloneBody(Body):
    """A new job with the same configuration: of the same source, or of the upload at `gcs_uri`."""

    max_bytes = PROSE

    title: Title | None = None
    notes: Notes | None = None
    gcs_uri: str | None = Field(default=None, max_length=1200)


class ApproveBody(Body):
    """`versions` are those that were looked at; absent, those current at receipt."""

    versions: Versions | None = None


class ReasonBody(Body):
    """`kind`, `cue_id` and `timecode` say where, when the reason is about one place."""

    reason: Reason
    kind: Kind | None = None
    cue_id: str | None = Field(default=None, max_length=200)
    timecode: str | None = Field(default=None, max_length=20)

    def told(self) -> str:
        """The reason with its place, as the creator reads it."""
        text = self.kind.value.replace("_", " ") if self.kind else None
        cue = f"cue {self.cue_id}" if self.cue_id else None
        place = ", ".join(part for part in (text, cue, self.timecode) if part)
        return f"{self.reason} ({place})" if place else self.reason


class MaybeReasonBody(Body):
    reason: Reason | None = None


class ReturnBody(Body):
    """Back to source QC; with `languages`, only those go back to their linguists."""

    reason: Reason
    languages: list[Language] = Field(default=[], max_length=50)


class RetryBody(Body):
    """`language`: only that failed one. A rejected job needs `from_step`."""

    language: Language | None = None
    from_step: Step | None = None


class RetrySpeechBody(Body):
    language: Language


class JobSummary(BaseModel):
    """A job in a list."""

    id: UUID
    status: JobStatus
    title: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    org_id: UUID
    client_id: UUID
    project_id: UUID
    creator_id: UUID
    source_language: str
    languages: list[str]
    """The targets that were asked for."""
    step: Step | None
    failure: dict[str, Any] | None


class OutputOut(BaseModel):
    """An object that was made; `GET downloads` signs its URL."""

    kind: AssetKind
    content_type: str
    size_bytes: int
    updated_at: datetime
    details: dict[str, Any]


class LanguageOut(BaseModel):
    """A language of a job."""

    language: str
    is_source: bool
    stage: LanguageStage
    qc_state: QCState | None
    """None of the source language, which follows source QC."""
    allowed_actions: list[LanguageAction]
    revision: int
    linguist_id: UUID | None
    reviewer_id: UUID | None
    due_at: datetime | None
    locked: bool
    reason: str | None
    failure: dict[str, Any] | None
    progress: dict[str, Any] | None
    versions: Versions
    """The current ones."""
    outputs: list[OutputOut]

    @classmethod
    def of(
        cls, row: JobLanguage, versions: Mapping[str, int], outputs: Iterable[Mapping[str, Any]]
    ) -> LanguageOut:
        return cls(
            language=row.language,
            is_source=row.is_source,
            stage=row.stage,
            qc_state=None if row.is_source else row.qc_state,
            allowed_actions=[] if row.is_source else allowed_language_actions(row.qc_state),
            revision=row.revision,
            linguist_id=row.linguist_id,
            reviewer_id=row.reviewer_id,
            due_at=row.due_at,
            locked=row.locked,
            reason=row.reason,
            failure=row.failure,
            progress=row.progress,
            versions=Versions.model_validate(versions),
            outputs=[OutputOut.model_validate(output) for output in outputs],
        )


class JobOut(BaseModel):
    """A job in full."""

    id: UUID
    status: JobStatus
    title: str
    notes: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    org_id: UUID
    client_id: UUID
    project_id: UUID
    brief_id: UUID | None
    creator_id: UUID
    cloned_from: UUID | None
    source_language: str
    requested_outputs: RequestedOutputs
    filename: str
    content_type: str
    size_bytes: int
    step: Step | None
    revision: int
    failure: dict[str, Any] | None
    reason: str | None
    allowed_actions: list[JobAction]
    """What the state allows; whether the caller may is for their role."""
    languages: dict[str, LanguageOut]
    """By BCP 47 code, the source language first."""

    @classmethod
    def of(
        cls,
        job: Job,
        languages: Iterable[tuple[JobLanguage, Mapping[str, int], Iterable[Mapping[str, Any]]]],
    ) -> JobOut:
        return cls.model_validate(
            {
                **_shared(job),
                "notes": job.notes,
                "brief_id": job.brief_id,
                "cloned_from": job.cloned_from,
                "requested_outputs": job.requested_outputs,
                "filename": job.filename,
                "content_type": job.content_type,
                "size_bytes": job.size_bytes,
                "revision": job.revision,
                "reason": job.reason,
                "allowed_actions": allowed_job_actions(job.status),
                "languages": {
                    row.language: LanguageOut.of(row, versions, outputs)
                    for row, versions, outputs in languages
                },
            }
        )


def _shared(job: Job) -> dict[str, Any]:
    names = (
        "id", "status", "title", "created_at", "updated_at", "completed_at", "org_id", "client_id", "project_id",
        "creator_id", "source_language", "step", "failure",
    )  # fmt: skip
    return {name: getattr(job, name) for name in names}
