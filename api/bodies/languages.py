"""Language QC as people send and see it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from api.bodies.base import PROSE, Body
from api.bodies.jobs import Reason
from api.bodies.numbers import Integer
from schema.contracts.outputs import Language
from schema.contracts.steps import Versions
from schema.enums import JobStatus, Kind, LanguageAction, LanguageStage, QCState


class AssignBody(Body):
    """Whom, and until when."""

    user_id: UUID
    due_at: AwareDatetime | None = None


class BulkAssignBody(Body):
    """A linguist, a reviewer, or both, for several languages."""

    languages: list[Language] = Field(min_length=1, max_length=50)
    linguist_id: UUID | None = None
    reviewer_id: UUID | None = None
    due_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _someone(self) -> BulkAssignBody:
        if self.linguist_id is None and self.reviewer_id is None:
            raise ValueError("say linguist_id, reviewer_id, or both")
        return self


class LanguageApproveBody(Body):
    """`versions` are those that were looked at. `override_reason` accepts blocking findings, and is kept."""

    versions: Versions | None = None
    override_reason: Reason | None = None


class LanguageRejectBody(Body):
    reason: Reason


class ReopenBody(Body):
    reason: Reason | None = None


class MarkBody(Body):
    """One cue, by its id or by its index from 0."""

    kind: Kind = Kind.CAPTIONS
    cue_id: str | None = Field(default=None, max_length=200)
    cue_index: Integer | None = Field(default=None, ge=0)
    reviewed: bool = True

    @model_validator(mode="after")
    def _one(self) -> MarkBody:
        if (self.cue_id is None) == (self.cue_index is None):
            raise ValueError("say either cue_id or cue_index")
        return self


class CommentBody(Body):
    max_bytes = PROSE
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
    kind: Kind | None = None
    cue_id: str | None = Field(default=None, max_length=200)


class Person(BaseModel):
    id: UUID
    name: str


class CommentOut(BaseModel):
    id: UUID
    author: Person
    text: str
    kind: Kind | None
    cue_id: str | None
    created_at: datetime
    resolved_at: datetime | None


class LanguageQCOut(BaseModel):
    """Where a language is in QC, and what stands in its way."""

    language: str
    is_source: bool
    stage: LanguageStage
    qc_state: QCState | None
    """None of the source language, which follows source QC."""
    allowed_actions: list[LanguageAction]
    linguist: Person | None
    reviewer: Person | None
    due_at: datetime | None
    cues_total: int
    cues_reviewed: int
    open_comments: int
    blocking_findings: int
    flagged_cues: list[str]
    """Cues whose source has changed since a person wrote them."""
    locked: bool
    reason: str | None
    failure: dict[str, Any] | None
    versions: Versions


class QCMap(BaseModel):
    job_id: UUID
    status: JobStatus
    languages: dict[str, LanguageQCOut]
    """By BCP 47 code, the source language first."""


class MarkOut(BaseModel):
    kind: Kind
    cues_total: int
    cues_reviewed: int
    """Of both texts of the language."""


class Assigned(BaseModel):
    """What became of one language of a bulk assignment."""

    language: str
    ok: bool
    detail: str | None = None
    code: str | None = None
    qc_state: QCState | None = None


class BulkAssigned(BaseModel):
    results: list[Assigned]


class QueueItem(BaseModel):
    """A language that waits for the caller."""

    job_id: UUID
    title: str
    source_language: str
    language: str
    role: str
    """`linguist` or `reviewer`: as whom."""
    qc_state: QCState
    due_at: datetime | None
    job_created_at: datetime
