"""Contracts of a job's workflow: its input, state, decisions and outcome."""

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
    """The people who work on the source texts, with due dates."""

    linguist_id: UUID | None = None
    reviewer_id: UUID | None = None
    due_at: AwareDatetime | None = None
    """Due date of the linguist."""
    review_due_at: AwareDatetime | None = None
    """Due date of the reviewer."""


class JobState(Contract):
    """Everything that a job's workflow knows beyond a single step. It starts a run (from the row, or from the previous
    run), the projector writes it to the row, and the `state` query returns it."""

    status: JobStatus = JobStatus.CREATED
    step: Step | None = None
    """The running or failed step."""
    revision: Count = 0
    """Incremented each time that work starts again. A decision about an older revision has no effect."""
    outputs: RequestedOutputs
    priority: Urgency | None = None
    """None means as the job began."""
    source: SourceFile | None = None
    """The current video; None means as the job began."""
    sources_before: tuple[str, ...] = ()
    """Objects of earlier videos. They are deleted with the job, or with its source."""
    renewed: bool = False
    """Whether the texts still have to be approved for this video. Everything is then made again from them, whether or
    not they change."""
    flagged_cues: dict[Kind, tuple[str, ...]] = {}
    """By text: cues that people wrote and that the other video no longer supports."""
    artifacts: Artifacts = Artifacts()
    brought: tuple[Kind, ...] = ()
    """Source texts that the client brought. They are not drafted, and no draft is paid for."""
    source_versions: Versions | None = None
    """The approved versions of the source texts."""
    failure: Failure | None = None
    reason: str | None = None
    """Why it was rejected, blocked or returned, as a person wrote it."""
    stopped: JobStatus | None = None
    """The status that `blocked_on_source` or a rejection stopped, where `retry` continues."""
    keep_human_edits: bool = True
    """Whether the drafts in progress keep human edits. A reprocess may set it to false, until the next gate."""
    batch_id: UUID | None = None
    """The batch that took the last decision. Its work yields to people who wait."""
    source_people: SourcePeople = SourcePeople()
    languages: dict[str, LanguageState] = {}
    """Languages by BCP 47 code, the source language first."""

    def ref(self, job: JobRef) -> JobRef:
        """`job` as it began, with later decisions applied."""
        decided: dict[str, object] = {} if self.priority is None else {"priority": self.priority}
        if self.source is not None:
            decided["source_object"] = self.source.source_object
        return job.model_copy(update=decided) if decided else job

    @property
    def in_languages(self) -> bool:
        """Whether the languages are at work, wait for a retry, or wait for final review."""
        if self.status is JobStatus.FAILED:
            return not self.stopped and self.failure is not None and self.failure.language is not None
        return self.status in IN_LANGUAGES or self.status is JobStatus.PENDING_FINAL_REVIEW

    @property
    def stops_at(self) -> JobStatus:
        """Where a retry continues if a person, or the end of the workflow, stops the job in this state."""
        if self.status is not JobStatus.FAILED:
            return self.status
        if self.stopped is None and self.failure is not None and self.failure.language is None:
            return STATUS_OF_STEP.get(self.failure.step, self.status)
        return self.stopped or self.status


class JobInput(Contract):
    """Starts a `JobWorkflow`, for a new job or from its row."""

    job: JobRef
    state: JobState
    answered: dict[str, Decided] = {}
    """Recent decisions by id, carried across continue-as-new, because Temporal deduplicates only within one run."""


class JobDecision(Message, Typed):
    """A person's decision about a job: an update from the API, a signal from the Temporal UI.

    From the UI `{"action": "retry"}` is enough. When resetting a workflow, exclude signals; otherwise they are applied
    again.
    """

    action: JobAction
    actor: Actor = Actor.staff()
    id: RequestId | None = None
    """Hash of user, route and Idempotency-Key."""
    address: Address | None = None
    """The client's IP address, for the audit log."""
    revision: Count | None = None
    """The revision that was looked at, if the decision is about work that waits for it."""
    run_id: RunId | None = None
    """The run that was looked at. Only validators compare it, because it changes on replay."""
    reason: PlacedReason | None = None
    """A person's 2000 characters, with the place that they are about."""
    versions: Versions | None = None
    """For `approve_source`: the texts that were looked at."""
    language: Language | None = None
    languages: tuple[Language, ...] = Field(default=(), max_length=50)
    notes: tuple[UUID, ...] = Field(default=(), max_length=50)
    """For `return_to_qc`: review notes that become comments of the returned languages."""
    from_step: Step | None = None
    outputs: RequestedOutputs | None = None
    priority: Urgency | None = None
    """For `change_priority`: the new priority."""
    keep_human_edits: bool = True
    """For `reprocess`: false overwrites human edits. Their versions stay in the history."""
    batch_id: UUID | None = None
    """The batch that the decision belongs to."""
    source: SourceFile | None = None
    """For `new_source`: the video."""
    person_id: UUID | None = None
    """For `assign_source`: the person; None removes the current one."""
    instead_of: UUID | None = None
    """For `assign_source`: the person believed to be assigned; None means anybody."""
    as_reviewer: bool = False
    """For `assign_source`: as the reviewer instead of the linguist."""
    first: bool = False
    """For `assign_source`: only if nobody is assigned."""
    due_at: Moment | None = None


class Decided(Contract):
    """The answer to a decision: the state after it, which is already in the row."""

    status: JobStatus
    revision: int
    allowed_actions: tuple[JobAction, ...] = ()


class Settle(Message):
    """From the sweep, after a reset. `languages` are those with rows, some of which the run may not know. As a signal
    from the Temporal UI it needs no input."""

    languages: tuple[Language, ...] = ()
    closed: bool = False
    """To a language: its job is over, and there is nothing to do."""


class JobOutcome(Contract):
    """How a job's workflow ended."""

    status: JobStatus
    revision: int


class JobSnapshot(Contract):
    """The snapshot that the projector writes. It is complete every time, so that snapshots can arrive in any order."""

    job: JobRef
    state: JobState
    sequence: int
    run_id: str
    event: str | None = None
    """What happened, such as `approve_source`, for the event log and the socket."""
    actor: Actor | None = None
    """The person who decided, if any, for the audit entry of this snapshot."""
    decision: JobDecision | None = None
    before: JobStatus | None = None
    """The status before the decision."""
    decision_id: str | None = None
    """Id of the decision that led to this. If it is sent again, it was already taken."""


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
