"""Language QC: its request and response bodies."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field, model_validator

from api.bodies.base import PROSE, Body, Out
from api.bodies.numbers import Counted
from schema.codes import Code
from schema.contracts.bounds import Comment, CueId, Language, Moment, Reason
from schema.contracts.steps import Failure, Versions
from schema.enums import JobStatus, Kind, LanguageAction, LanguageStage, QCState


class AssignBody(Body):
    """An assignment with a due date."""

    user_id: UUID
    """Id of the assignee, an active member of the job's organisation."""
    due_at: Moment | None = None
    """Due date."""


class Part(StrEnum):
    """The part that a person has in a language."""

    LINGUIST = "linguist"
    REVIEWER = "reviewer"


class UnassignBody(Body):
    """Whom to unassign from the language."""

    role: Part = Part.LINGUIST
    """The linguist or the reviewer."""
    user_id: UUID | None = None
    """Id of the person believed to be assigned; 409 if somebody else is by now."""


class BulkAssignBody(Body):
    """A linguist, a reviewer, or both, for several languages."""

    languages: list[Language] = Field(min_length=1, max_length=50)
    """BCP 47 language codes."""
    linguist_id: UUID | None = None
    """Id of the linguist."""
    reviewer_id: UUID | None = None
    """Id of the reviewer."""
    due_at: Moment | None = None
    """Due date."""

    @model_validator(mode="after")
    def _someone(self) -> BulkAssignBody:
        if self.linguist_id is None and self.reviewer_id is None:
            raise ValueError("say linguist_id, reviewer_id, or both")
        return self


class LanguageApproveBody(Body):
    """An approval. `versions` are those that were looked at. `override_reason` accepts blocking findings, and is
    kept."""

    versions: Versions | None = None
    """Versions of the requested texts that were looked at."""
    override_reason: Reason | None = None
    """Why the findings are accepted."""


class LanguageRejectBody(Body):
    """The reason for returning a language to its linguist."""

    reason: Reason
    """The reason, for the linguist."""


class ReopenBody(Body):
    """The reason for reopening a language."""

    reason: Reason | None = None
    """The reason, for the linguist."""


class MarkBody(Body):
    """The cues to mark: one, by its id or its index from 0; several; or all up to one."""

    max_bytes = PROSE

    kind: Kind = Kind.CAPTIONS
    """Which text: captions or audio description."""
    cue_id: CueId | None = None
    """Id of the cue."""
    cue_index: Counted | None = None
    """Index of the cue, from 0."""
    cue_ids: list[CueId] | None = Field(default=None, min_length=1, max_length=500)
    """Ids of several cues."""
    up_to: CueId | None = None
    """Id of a cue: this one and every cue before it."""
    reviewed: bool = True
    """False removes the mark."""

    @model_validator(mode="after")
    def _one(self) -> MarkBody:
        said = [self.cue_id, self.cue_index, self.cue_ids, self.up_to]
        if sum(each is not None for each in said) != 1:
            raise ValueError("say one of cue_id, cue_index, cue_ids and up_to")
        return self


class CommentBody(Body):
    """A new comment."""

    max_bytes = PROSE
    text: Comment
    """Text of the comment."""
    kind: Kind | None = None
    """The text that this is about."""
    cue_id: CueId | None = None
    """The cue that this is about."""


class CommentPatch(Body):
    """A change to a comment. Absent fields stay unchanged."""

    max_bytes = PROSE
    text: Comment | None = None
    """New text. Only the author can change it."""
    resolved: bool | None = None
    """Whether the comment is resolved."""

    @model_validator(mode="after")
    def _something(self) -> CommentPatch:
        if self.text is None and self.resolved is None:
            raise ValueError("say what changes: text, resolved")
        return self


class Person(Out):
    """A person, as others see them."""

    id: UUID
    """Id of the user."""
    name: str
    """Display name."""


class CommentOut(Out):
    """A comment."""

    id: UUID
    """Id of the comment."""
    author: Person
    """The author."""
    text: str
    """Text of the comment."""
    kind: Kind | None
    """The text that this is about."""
    cue_id: str | None
    """The cue that this is about."""
    created_at: datetime
    """When the comment was written."""
    edited_at: datetime | None
    """When the author last edited it."""
    resolved_at: datetime | None
    """When it was resolved."""
    resolved_by: Person | None
    """Who resolved it."""


class LanguageQCOut(Out):
    """The QC state of a language, with what blocks its approval."""

    language: str
    """BCP 47 language code."""
    is_source: bool
    """Whether this is the language of the video."""
    stage: LanguageStage
    """The stage of the language after source QC."""
    qc_state: QCState | None
    """The state of language QC. Null for the source language, which has source QC instead."""
    allowed_actions: list[LanguageAction]
    """The actions that the caller can take now."""
    linguist: Person | None
    """The linguist."""
    reviewer: Person | None
    """The reviewer."""
    due_at: datetime | None
    """Due date of the linguist."""
    review_due_at: datetime | None
    """Due date of the reviewer."""
    cues_total: int
    """Number of cues in the requested texts."""
    cues_reviewed: int
    """How many of those cues are marked as reviewed."""
    open_comments: int
    """Number of unresolved comments on the requested texts."""
    blocking_findings: int
    """Number of blocking findings in the requested texts."""
    flagged_cues: list[str]
    """Cues of both texts whose source has changed since a person wrote them."""
    flagged: dict[Kind, list[str]]
    """`flagged_cues` by text. Translations made by older versions of the platform are left out, because they do not
    record the text."""
    locked: bool
    """Whether the texts are locked, because they are approved or an approval is in progress."""
    reason: str | None
    """Why it was rejected or returned, as a person wrote it."""
    failure: Failure | None
    """Why a step failed."""
    versions: Versions
    """The current version numbers."""


class QCMap(Out):
    """The QC state of every language of a job."""

    job_id: UUID
    """Id of the job."""
    status: JobStatus
    """Status of the job."""
    languages: dict[str, LanguageQCOut]
    """Languages by BCP 47 code, the source language first."""


class MarkOut(Out):
    """Progress of the review."""

    marked: int
    """Number of cues whose mark this request set or removed."""

    kind: Kind
    """The text that was marked."""
    cues_total: int
    """Number of cues in the language's requested texts."""
    cues_reviewed: int
    """Number of reviewed cues in the language's requested texts."""


class Assigned(Out):
    """The result of a bulk assignment for one language."""

    language: str
    """BCP 47 language code."""
    ok: bool
    """Whether every named person is assigned."""
    detail: str | None = None
    """Why not, in words."""
    code: Code | None = None
    """Error code, if not."""
    qc_state: QCState | None = None
    """The current QC state."""


class BulkAssigned(Out):
    """The results of a bulk assignment."""

    results: list[Assigned]
    """Results in the order of the request."""


class QueueItem(Out):
    """A language that waits for the caller."""

    job_id: UUID
    """Id of the job."""
    title: str
    """Title of the job."""
    source_language: str
    """BCP 47 language code."""
    language: str
    """BCP 47 language code."""
    role: Part
    """The role of the caller in this language."""
    is_source: bool
    """Whether this is the language of the video."""
    qc_state: QCState | None
    """The QC state. Null for the source language, whose work is the job's source QC."""
    due_at: datetime | None
    """Due date."""
    job_created_at: datetime
    """When the job was made."""
