"""What a job's workflow is told, remembers, and answers."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from schema.contracts.base import Contract, Message, Typed
from schema.contracts.bounds import Address, Count, Language, Moment, PlacedReason, RequestId, RunId
from schema.contracts.language import LanguageReport, LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Artifacts, Failure, JobRef, SourceFile, Versions
from schema.enums import JobAction, JobStatus, Kind, Step, Urgency
from schema.transitions import IN_LANGUAGES, STATUS_OF_STEP


class SourcePeople(Contract):
    """Who works on the source texts, and until when."""

    linguist_id: UUID | None = None
    reviewer_id: UUID | None = None
    due_at: AwareDatetime | None = None
    """The linguist's."""
    review_due_at: AwareDatetime | None = None
    """The reviewer's."""


class JobState(Contract):
    """Everything a job's workflow knows that outlives a step. It starts a run (from the row, or from the run
    before), it is what the projector writes to the row, and what the `state` query answers."""

    status: JobStatus = JobStatus.CREATED
    step: Step | None = None
    """The step that runs, or that failed."""
    revision: Count = 0
    """Counts every time that work began again: a decision about an older one decides nothing."""
    outputs: RequestedOutputs
    priority: Urgency | None = None
    """None is as the job began."""
    source: SourceFile | None = None
    """The video that it has by now; None is as the job began."""
    sources_before: tuple[str, ...] = ()
    """Objects of the videos that it had before: they go with the job, or with its source."""
    renewed: bool = False
    """Its texts are not approved for this video yet: everything is made anew of them, whether or not they change."""
    flagged_cues: dict[Kind, tuple[str, ...]] = {}
    """By text, of those that people wrote: what another video does not bear."""
    artifacts: Artifacts = Artifacts()
    brought: tuple[Kind, ...] = ()
    """Source texts that the client brought: no draft is made of them, and none is paid for."""
    source_versions: Versions | None = None
    """The source texts that were approved."""
    failure: Failure | None = None
    reason: str | None = None
    """Why it was rejected, blocked or returned, in a person's words."""
    stopped: JobStatus | None = None
    """What `blocked_on_source` or a rejection stopped: where `retry` goes on."""
    keep_human_edits: bool = True
    """Whether the drafts that are being made leave alone what a person wrote: a reprocess may say otherwise, up to
    the next gate."""
    batch_id: UUID | None = None
    """The batch that took the last decision: its work gives way to people who wait."""
    source_people: SourcePeople = SourcePeople()
    languages: dict[str, LanguageState] = {}
    """By BCP 47 code, the source language first."""

    def ref(self, job: JobRef) -> JobRef:
        """`job`, as it began, with what was decided since."""
        decided: dict[str, object] = {} if self.priority is None else {"priority": self.priority}
        if self.source is not None:
            decided["source_object"] = self.source.source_object
        return job.model_copy(update=decided) if decided else job

    @property
    def in_languages(self) -> bool:
        """Whether its languages are at work, or wait for a retry or for final review."""
        if self.status is JobStatus.FAILED:
            return not self.stopped and self.failure is not None and self.failure.language is not None
        return self.status in IN_LANGUAGES or self.status is JobStatus.PENDING_FINAL_REVIEW

    @property
    def stops_at(self) -> JobStatus:
        """Where a retry goes on once this state is stopped by a person, or with its workflow."""
        if self.status is not JobStatus.FAILED:
            return self.status
        if self.stopped is None and self.failure is not None and self.failure.language is None:
            return STATUS_OF_STEP.get(self.failure.step, self.status)
        return self.stopped or self.status


class JobInput(Contract):
    """Starts a `JobWorkflow`, anew or from its row."""

    job: JobRef
    state: JobState
    answered: dict[str, Decided] = {}
    """Recent decisions by id, carried across continue-as-new, for Temporal dedupes within one run only."""


class JobDecision(Message, Typed):
    """A person's decision about a job: an update from the API, a signal from the Temporal UI.

    From the UI `{"action": "retry"}` is enough. When resetting a workflow, exclude signals, or they decide again.
    """

    action: JobAction
    actor: Actor = Actor.staff()
    id: RequestId | None = None
    """Hash of user, route and Idempotency-Key."""
    address: Address | None = None
    """Where it came from, for the audit log."""
    revision: Count | None = None
    """The revision that was looked at, where the work waits for this decision."""
    run_id: RunId | None = None
    """The run that was looked at. Compared in validators only, for it changes on replay."""
    reason: PlacedReason | None = None
    """A person's 2000 characters, and the place that they are about."""
    versions: Versions | None = None
    """approve_source: the texts that were looked at."""
    language: Language | None = None
    languages: tuple[Language, ...] = Field(default=(), max_length=50)
    notes: tuple[UUID, ...] = Field(default=(), max_length=50)
    """return_to_qc: review notes that become comments of the languages that are returned."""
    from_step: Step | None = None
    outputs: RequestedOutputs | None = None
    priority: Urgency | None = None
    """change_priority: the new one."""
    keep_human_edits: bool = True
    """reprocess: false writes over what people wrote; their versions stay in the history."""
    batch_id: UUID | None = None
    """The batch that it is an item of."""
    source: SourceFile | None = None
    """new_source: the video."""
    person_id: UUID | None = None
    """assign_source: whom; None takes away whoever is assigned."""
    instead_of: UUID | None = None
    """assign_source: whoever was seen to be assigned; None is whoever it is."""
    as_reviewer: bool = False
    """assign_source: as the reviewer, not as the linguist."""
    first: bool = False
    """assign_source: in nobody's place."""
    due_at: Moment | None = None


class Decided(Contract):
    """The answer to a decision: the state after it, already in the row."""

    status: JobStatus
    revision: int
    allowed_actions: tuple[JobAction, ...] = ()


class Settle(Message):
    """From the sweep, after a reset. `languages` are those that have rows: of some of them the run may know nothing.
    As a signal from the Temporal UI it needs no input."""

    languages: tuple[Language, ...] = ()
    closed: bool = False
    """To a language: its job is over, so there is nothing to do."""


class JobOutcome(Contract):
    """How a job's workflow ended."""

    status: JobStatus
    revision: int


class JobSnapshot(Contract):
    """What the projector writes: all of it, every time, so that no order of arrival can do harm."""

    job: JobRef
    state: JobState
    sequence: int
    run_id: str
    event: str | None = None
    """What happened, for the event log and the socket, such as `approve_source`."""
    actor: Actor | None = None
    """The person who decided, where one did: the audit log says so with the same snapshot."""
    decision: JobDecision | None = None
    before: JobStatus | None = None
    """The status that was decided about."""
    decision_id: str | None = None
    """Of the decision that this follows from: sent again, it was taken."""


JobInput.model_rebuild()

__all__ = [
    "Decided",
    "JobDecision",
    "JobInput",
    "JobOutcome",
    "JobSnapshot",
    "JobState",
    "LanguageReport",
]
