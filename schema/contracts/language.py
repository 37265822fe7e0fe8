"""Contracts of a language's workflow: its input, state, decisions and reports."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from pydantic import AwareDatetime

from schema.contracts.base import Contract, Message, Typed
from schema.contracts.bounds import Address, Count, Language, Moment, PlacedReason, RequestId, RunId
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Artifacts, Failure, JobRef, Versions
from schema.enums import Kind, LanguageAction, LanguageStage, QCState, Step

_NEVER = datetime.min.replace(tzinfo=UTC)


class LanguageState(Contract):
    """Everything that is known of a language of a job: in its workflow, its reports and its row."""

    language: Language
    is_source: bool = False
    revision: Count = 0
    """The job's revision at which this work began."""
    begun_at: AwareDatetime | None = None
    """When the job decided that. A reset takes back a job's revision, but not the time."""
    stage: LanguageStage = LanguageStage.WAITING
    qc_state: QCState = QCState.PENDING
    source_versions: Versions | None = None
    """The versions of the source texts that it is made from."""
    versions: Versions | None = None
    """The approved versions of this language's texts, which are spoken."""
    glossary_version_id: UUID | None = None
    """The job's glossary version that the translation was made with."""
    linguist_id: UUID | None = None
    reviewer_id: UUID | None = None
    due_at: AwareDatetime | None = None
    """Due date of the linguist."""
    review_due_at: AwareDatetime | None = None
    """Due date of the reviewer."""
    worked_by: tuple[UUID, ...] = ()
    """Everybody who worked on the text. None of them may approve it."""
    flagged_cues: tuple[str, ...] = ()
    """Cues that a person wrote and whose source has changed since, from translations by an older build, which did not
    record their text."""
    flagged: dict[Kind, tuple[str, ...]] = {}
    """Cues that a person wrote and whose source has changed since."""
    failure: Failure | None = None
    reason: str | None = None
    keep_human_edits: bool = True
    """Whether the translation in progress keeps human edits."""
    anew: bool = False
    """Whether machine translations are made again even if their source is unchanged."""
    plan: str | None = None
    """Object name of plan.json."""
    added_ms: int | None = None

    @property
    def begun(self) -> tuple[datetime, int]:
        """Orders beginnings, even if the job was reset."""
        return (self.begun_at or _NEVER, self.revision)


class LanguageBegin(Message):
    """From the job: start, or start over, at `stage`."""

    revision: Count
    at: AwareDatetime
    """When the job decided this."""
    stage: LanguageStage
    outputs: RequestedOutputs
    artifacts: Artifacts
    source_versions: Versions
    job: JobRef | None = None
    """The current value; None means unchanged."""
    reopen: bool = False
    """Whether the text is opened for its linguist again."""
    reason: str | None = None
    keep_human_edits: bool = True
    anew: bool = False
    """As in `LanguageState`."""
    batch_id: UUID | None = None
    """As in `JobState`."""
    versions: Versions | None = None
    """The approved texts, if they differ from those that the language knows because a final one was uploaded."""

    @property
    def begun(self) -> tuple[datetime, int]:
        """As `LanguageState.begun`. A language accepts a beginning later than its current one."""
        return (self.at, self.revision)


class LanguageStop(Message):
    """From the job: stop the current work, and wait."""

    reason: str | None = None
    removed: bool = False
    """Whether the language is no longer requested."""


class LanguageInput(Contract):
    """Starts a `LanguageWorkflow`."""

    job: JobRef
    state: LanguageState
    begin: LanguageBegin
    answered: dict[str, LanguageDecided] = {}


class LanguageReport(Message):
    """To the job: the language's current state."""

    state: LanguageState


class LanguageDecision(Message, Typed):
    """A person's decision about one language. From the Temporal UI the action alone is enough."""

    action: LanguageAction
    actor: Actor = Actor.staff()
    id: RequestId | None = None
    address: Address | None = None
    """The client's IP address, for the audit log."""
    revision: Count | None = None
    run_id: RunId | None = None
    reason: PlacedReason | None = None
    override_reason: PlacedReason | None = None
    """For `approve`: why blocking findings are accepted."""
    versions: Versions | None = None
    person_id: UUID | None = None
    """For `assign` and similar actions: the person."""
    due_at: Moment | None = None


class LanguageDecided(Contract):
    stage: LanguageStage
    qc_state: QCState
    revision: int
    allowed_actions: tuple[LanguageAction, ...] = ()


class LanguageSnapshot(Contract):
    """The snapshot of a language that the projector writes."""

    job: JobRef
    state: LanguageState
    sequence: int
    run_id: str
    event: str | None = None
    actor: Actor | None = None
    """The person who decided, if any, for the audit entry of this snapshot."""
    decision: LanguageDecision | None = None
    before: QCState | None = None
    """The state before the decision."""
    decision_id: str | None = None
    """As in `JobSnapshot`."""


class Retry(Message):
    """Run the failed step again. Sent by people, and by a job to its language. As a signal from the Temporal UI it
    needs no input."""

    step: Step | None = None
    actor: Actor = Actor.staff()


LanguageInput.model_rebuild()


class AboutJob(JobRef, Message):
    """Changed properties of a job, for its languages."""
