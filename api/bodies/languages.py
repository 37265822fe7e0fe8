"""Language QC as people send and see it."""

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
    """Whom, and until when."""

    user_id: UUID
    """An active member of the job's organisation."""
    due_at: Moment | None = None
    """When it is to be done."""


class Part(StrEnum):
    """As what somebody works on a language."""

    LINGUIST = "linguist"
    REVIEWER = "reviewer"


class UnassignBody(Body):
    """Who is taken off the language."""

    role: Part = Part.LINGUIST
    """The linguist or the reviewer."""
    user_id: UUID | None = None
    """Whoever was seen to be assigned: 409 where it is somebody else by now."""


class BulkAssignBody(Body):
    """A linguist, a reviewer, or both, for several languages."""

    languages: list[Language] = Field(min_length=1, max_length=50)
    """BCP 47 codes."""
    linguist_id: UUID | None = None
    """Who is to work on them."""
    reviewer_id: UUID | None = None
    """Who is to review them."""
    due_at: Moment | None = None
    """When they are to be done."""

    @model_validator(mode="after")
    def _someone(self) -> BulkAssignBody:
        if self.linguist_id is None and self.reviewer_id is None:
            raise ValueError("say linguist_id, reviewer_id, or both")
        return self


class LanguageApproveBody(Body):
    """`versions` are those that were looked at. `override_reason` accepts blocking findings, and is kept."""

    versions: Versions | None = None
    """Of the texts that are requested."""
    override_reason: Reason | None = None
    """Why the findings are accepted."""


class LanguageRejectBody(Body):
    """Why it goes back."""

    reason: Reason
    """For its linguist."""


class ReopenBody(Body):
    """Why it is opened again."""

    reason: Reason | None = None
    """For its linguist."""


class MarkBody(Body):
    """One cue, by its id or by its index from 0; several; or all from the first up to one."""

    max_bytes = PROSE

    kind: Kind = Kind.CAPTIONS
    """In which of the two texts."""
    cue_id: CueId | None = None
    """The cue, by its id."""
    cue_index: Counted | None = None
    """The cue, from 0."""
    cue_ids: list[CueId] | None = Field(default=None, min_length=1, max_length=500)
    """These cues."""
    up_to: CueId | None = None
    """Every cue from the first to this one."""
    reviewed: bool = True
    """False takes the mark away."""

    @model_validator(mode="after")
    def _one(self) -> MarkBody:
        said = [self.cue_id, self.cue_index, self.cue_ids, self.up_to]
        if sum(each is not None for each in said) != 1:
            raise ValueError("say one of cue_id, cue_index, cue_ids and up_to")
        return self


class CommentBody(Body):
    """What somebody says."""

    max_bytes = PROSE
    text: Comment
    """As it is shown."""
    kind: Kind | None = None
    """The text that it is about."""
    cue_id: CueId | None = None
    """The cue that it is about."""


class CommentPatch(Body):
    """What becomes of a comment; what is absent stays."""

    max_bytes = PROSE
    text: Comment | None = None
    """What is said now: its author's to change."""
    resolved: bool | None = None
    """Whether it is settled."""

    @model_validator(mode="after")
    def _something(self) -> CommentPatch:
        if self.text is None and self.resolved is None:
            raise ValueError("say what changes: text, resolved")
        return self


class Person(Out):
    """Somebody, as others see them."""

    id: UUID
    """The user's."""
    name: str
    """As it is shown."""


class CommentOut(Out):
    """What somebody said."""

    id: UUID
    """The comment's."""
    author: Person
    """Who said it."""
    text: str
    """What was said."""
    kind: Kind | None
    """The text that it is about."""
    cue_id: str | None
    """The cue that it is about."""
    created_at: datetime
    """When it was said."""
    edited_at: datetime | None
    """When its author changed it last."""
    resolved_at: datetime | None
    """When it was settled."""
    resolved_by: Person | None
    """Who settled it."""


class LanguageQCOut(Out):
    """Where a language is in QC, and what stands in its way."""

    language: str
    """BCP 47 code."""
    is_source: bool
    """Whether it is the video's own."""
    stage: LanguageStage
    """Where it is after source QC."""
    qc_state: QCState | None
    """None of the source language, which follows source QC."""
    allowed_actions: list[LanguageAction]
    """What the caller may do about it now."""
    linguist: Person | None
    """Who works on it."""
    reviewer: Person | None
    """Who reviews it."""
    due_at: datetime | None
    """When the linguist is to be done."""
    review_due_at: datetime | None
    """When the reviewer is to be done."""
    cues_total: int
    """Of the texts that are requested."""
    cues_reviewed: int
    """Those of them that are marked."""
    open_comments: int
    """Those that are not settled, on the texts that are requested."""
    blocking_findings: int
    """Those that stand in the way of approval, in the texts that are requested."""
    flagged_cues: list[str]
    """Cues whose source has changed since a person wrote them, in both texts."""
    flagged: dict[Kind, list[str]]
    """The same by text. A translation by an older version of the platform does not say of which text they are, and is
    not among them."""
    locked: bool
    """Whether its texts are closed, for they are approved or just being so."""
    reason: str | None
    """Why it was rejected or returned, in a person's words."""
    failure: Failure | None
    """Why a step stopped for good."""
    versions: Versions
    """The current ones."""


class QCMap(Out):
    """Where every language of a job is."""

    job_id: UUID
    """The job's."""
    status: JobStatus
    """Where the job is."""
    languages: dict[str, LanguageQCOut]
    """By BCP 47 code, the source language first."""


class MarkOut(Out):
    """How far the review is."""

    marked: int
    """So many cues were marked now, or their marks taken away."""

    kind: Kind
    """The text that was marked."""
    cues_total: int
    """Of the language's texts that are requested."""
    cues_reviewed: int
    """Of the language's texts that are requested."""


class Assigned(Out):
    """What became of one language of a bulk assignment."""

    language: str
    """BCP 47 code."""
    ok: bool
    """Whether everybody who was named is assigned."""
    detail: str | None = None
    """Why not, for a person."""
    code: Code | None = None
    """Why not, for machines."""
    qc_state: QCState | None = None
    """Where it is now."""


class BulkAssigned(Out):
    """What became of each language."""

    results: list[Assigned]
    """In the order asked for."""


class QueueItem(Out):
    """A language that waits for the caller."""

    job_id: UUID
    """The job's."""
    title: str
    """The job's."""
    source_language: str
    """BCP 47 code."""
    language: str
    """BCP 47 code."""
    role: Part
    """As whom."""
    is_source: bool
    """Whether it is the video's own."""
    qc_state: QCState | None
    """Where it is; none of the source language, whose work is the job's source QC."""
    due_at: datetime | None
    """When it is to be done."""
    job_created_at: datetime
    """When the job was made."""
