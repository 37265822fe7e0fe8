"""What a job's workflow is told, remembers, and answers."""

from __future__ import annotations

from pydantic import Field

from schema.contracts.base import Contract
from schema.contracts.language import LanguageReport, LanguageState
from schema.contracts.outputs import Language, RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Artifacts, Failure, JobRef, Versions
from schema.enums import JobAction, JobStatus, Kind, Step
from schema.transitions import IN_LANGUAGES, STATUS_OF_STEP


class JobState(Contract):
    """Everything a job's workflow knows that outlives a step. It starts a run (from the row, or from the run
    before), it is what the projector writes to the row, and what the `state` query answers."""

    status: JobStatus = JobStatus.CREATED
    step: Step | None = None
    """The step that runs, or that failed."""
    revision: int = 0
    """Counts every time that work began again: a decision about an older one decides nothing."""
    outputs: RequestedOutputs
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
    languages: dict[str, LanguageState] = {}
    """By BCP 47 code, the source language first."""

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


class JobDecision(Contract):
    """A person's decision about a job: an update from the API, a signal from the Temporal UI.

    From the UI `{"action": "retry"}` is enough. When resetting a workflow, exclude signals, or they decide again.
    """

    action: JobAction
    actor: Actor = Actor.staff()
    id: str | None = None
    """Hash of user, route and Idempotency-Key."""
    revision: int | None = None
    """The revision that was looked at, where the work waits for this decision."""
    run_id: str | None = None
    """The run that was looked at. Compared in validators only, for it changes on replay."""
    reason: str | None = Field(default=None, max_length=2500)
    """A person's 2000 characters, and the place that they are about."""
    versions: Versions | None = None
    """approve_source: the texts that were looked at."""
    language: Language | None = None
    languages: tuple[Language, ...] = ()
    from_step: Step | None = None
    outputs: RequestedOutputs | None = None
    keep_human_edits: bool = True


class Decided(Contract):
    """The answer to a decision: the state after it, already in the row."""

    status: JobStatus
    revision: int
    allowed_actions: tuple[JobAction, ...] = ()


class Settle(Contract):
    """From the sweep, after a reset. `languages` are those that have rows: of some of them the run may know nothing.
    As a signal from the Temporal UI it needs no input."""

    languages: tuple[str, ...] = ()


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
