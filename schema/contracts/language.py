"""What the workflow of one language of a job is told, remembers, and answers."""

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
    """Everything that is known of a language of a job: in its workflow, in its reports, in its row."""

    language: Language
    is_source: bool = False
    revision: Count = 0
    """The job's revision at which this work began."""
    begun_at: AwareDatetime | None = None
    """When the job decided so. A reset takes a job's revision back, but not the time."""
    stage: LanguageStage = LanguageStage.WAITING
    qc_state: QCState = QCState.PENDING
    source_versions: Versions | None = None
    """The source texts it is made from."""
    versions: Versions | None = None
    """The texts of this language that were approved, and that are spoken."""
    glossary_version_id: UUID | None = None
    """The job's, that its translation was made with."""
    linguist_id: UUID | None = None
    reviewer_id: UUID | None = None
    due_at: AwareDatetime | None = None
    """The linguist's."""
    review_due_at: AwareDatetime | None = None
    """The reviewer's."""
    worked_by: tuple[UUID, ...] = ()
    """Everybody who worked on the text: none of them may approve it."""
    flagged_cues: tuple[str, ...] = ()
    """Cues that a person wrote and whose source has changed since: of translations by an older build, which did not say of
    which text they are."""
    flagged: dict[Kind, tuple[str, ...]] = {}
    """Cues that a person wrote and whose source has changed since."""
    failure: Failure | None = None
    reason: str | None = None
    keep_human_edits: bool = True
    """Whether the translation that is being made leaves alone what a person wrote."""
    anew: bool = False
    """Whether what a machine wrote is translated again, though its source is as it was."""
    plan: str | None = None
    """Object name of plan.json."""
    added_ms: int | None = None

    @property
    def begun(self) -> tuple[datetime, int]:
        """Orders beginnings, also those of a job that was reset."""
        return (self.begun_at or _NEVER, self.revision)


class LanguageBegin(Message):
    """From the job: begin, or begin again, at `stage`."""

    revision: Count
    at: AwareDatetime
    """When the job decided so."""
    stage: LanguageStage
    outputs: RequestedOutputs
    artifacts: Artifacts
    source_versions: Versions
    job: JobRef | None = None
    """As it is by now; None is as it was."""
    reopen: bool = False
    """The text is opened for its linguist again."""
    reason: str | None = None
    keep_human_edits: bool = True
    anew: bool = False
    """As in `LanguageState`."""
    batch_id: UUID | None = None
    """As in `JobState`."""
    versions: Versions | None = None
    """The approved texts, where they are others than the language knows: a final one was uploaded."""

    @property
    def begun(self) -> tuple[datetime, int]:
        """As `LanguageState.begun`: a language takes up what began later than what it does."""
        return (self.at, self.revision)


class LanguageStop(Message):
    """From the job: stop what runs, and wait."""

    reason: str | None = None
    removed: bool = False
    """The language is not requested any more."""


class LanguageInput(Contract):
    """Starts a `LanguageWorkflow`."""

    job: JobRef
    state: LanguageState
    begin: LanguageBegin
    answered: dict[str, LanguageDecided] = {}


class LanguageReport(Message):
    """To the job: where the language is now."""

    state: LanguageState


class LanguageDecision(Message, Typed):
    """A person's decision about one language. From the Temporal UI the action alone is enough."""

    action: LanguageAction
    actor: Actor = Actor.staff()
    id: RequestId | None = None
    address: Address | None = None
    """Where it came from, for the audit log."""
    revision: Count | None = None
    run_id: RunId | None = None
    reason: PlacedReason | None = None
    override_reason: PlacedReason | None = None
    """approve: why blocking findings are accepted."""
    versions: Versions | None = None
    person_id: UUID | None = None
    """assign and its kin: whom."""
    due_at: Moment | None = None


class LanguageDecided(Contract):
    stage: LanguageStage
    qc_state: QCState
    revision: int
    allowed_actions: tuple[LanguageAction, ...] = ()


class LanguageSnapshot(Contract):
    """What the projector writes of a language."""

    job: JobRef
    state: LanguageState
    sequence: int
    run_id: str
    event: str | None = None
    actor: Actor | None = None
    """The person who decided, where one did: the audit log says so with the same snapshot."""
    decision: LanguageDecision | None = None
    before: QCState | None = None
    """The state that was decided about."""
    decision_id: str | None = None
    """As in `JobSnapshot`."""


class Retry(Message):
    """Run the failed step again: from people, and from a job to its language. As a signal from the Temporal UI it needs no input."""

    step: Step | None = None
    actor: Actor = Actor.staff()


LanguageInput.model_rebuild()


class AboutJob(JobRef, Message):
    """What of a job has changed, for its languages."""
