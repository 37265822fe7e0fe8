"""The request of a batch, and the inputs and state of its workflow: ids and counts, never a list of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from schema.contracts.base import Contract, Message, Typed
from schema.contracts.bounds import Count, Label, Language, NounName, Reason
from schema.contracts.outputs import MOST_LANGUAGES, RequestedOutputs, TtsPreferences
from schema.enums import AssetKind, BatchAction, BatchStatus, JobStatus, Kind, Outcome, Step
from schema.errors import Invalid

MOST_JOBS = 10_000
"""Maximum number of jobs in a batch."""
PIECES_AT_ONCE = 4
"""Maximum number of jobs of a batch in progress at once."""
Form = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$", max_length=8)]
"""A file name extension, such as `vtt`."""


class BatchFilter(Typed):
    """Selects the jobs that match every condition and that the batch's owner sees when it runs. A job that no longer
    matches at its turn is refused."""

    status: tuple[JobStatus, ...] = Field(default=(), max_length=len(JobStatus))
    """Jobs with any of these statuses."""
    org_id: UUID | None = None
    """Jobs of this organisation."""
    client_id: UUID | None = None
    """Jobs of this client."""
    project_id: UUID | None = None
    """Jobs of this project."""
    language: Language | None = None
    """Jobs with this source or target language."""
    label: Label | None = None
    """Jobs with this label."""
    older_than_days: int | None = Field(default=None, ge=1, le=36_500)
    """Jobs created before this time."""
    failed_step: Step | None = None
    """Jobs that failed at this step."""
    other_glossary: bool = False
    """Jobs translated with a glossary version other than the active one."""
    other_model: bool = False
    """Jobs with a text drafted by a model other than the configured one: captions, description or a translation."""

    def is_open(self) -> bool:
        """Whether there is no condition."""
        return self == BatchFilter()


class OutputsChange(Typed):
    """A change to the requested outputs. Absent fields stay unchanged."""

    add_languages: tuple[Language, ...] = Field(default=(), max_length=50)
    """Target languages."""
    captions_vtt: bool | None = None
    """Captions."""
    audio_description_vtt: bool | None = None
    """The audio description as text."""
    audio_description_mp3: bool | None = None
    """The programme with its descriptions spoken, as sound."""
    accessible_video_mp4: bool | None = None
    """The video with descriptions spoken, and held where they need more room."""
    tts_preferences: TtsPreferences | None = None
    """Voice preferences, which replace the earlier ones."""

    def of(self, outputs: RequestedOutputs) -> RequestedOutputs:
        """`outputs` with the change.

        Raises:
            Invalid: no output would be left, or there would be more languages than a job may have.
        """
        names = (
            "captions_vtt",
            "audio_description_vtt",
            "audio_description_mp3",
            "accessible_video_mp4",
            "tts_preferences",
        )
        said = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        languages = tuple(dict.fromkeys((*outputs.languages, *self.add_languages)))
        if len(languages) > MOST_LANGUAGES:
            raise Invalid(
                f"With these the job would have {len(languages)} languages, and {MOST_LANGUAGES} are the most."
            )
        return RequestedOutputs(**{**dict(outputs), **said, "languages": languages})


class BatchWork(Typed):
    """The action on each job."""

    action: BatchAction
    """The action."""
    from_step: Step | None = None
    """For `reprocess` and `retry`: the step to start from."""
    languages: tuple[Language, ...] = Field(default=(), max_length=50)
    """For `reprocess`, `retry_tts`, `return_to_qc` and `download`: only these languages, in the jobs that have them;
    empty means all."""
    keep_human_edits: bool = True
    """For `reprocess`: false overwrites human edits. Their versions stay in the history."""
    outputs: OutputsChange | None = None
    """For `change_outputs`: the change."""
    reason: Reason | None = None
    """For `return_to_qc` and `reject_final`: the reason."""
    kinds: tuple[AssetKind, ...] = Field(default=(), max_length=len(AssetKind))
    """For `download`: only these kinds; empty means all."""
    formats: tuple[Form, ...] = Field(default=(), max_length=20)
    """For `download`: only files with these extensions; empty means all."""

    @property
    def texts_added(self) -> tuple[Kind, ...]:
        """The texts that its new outputs are made from, if it adds outputs."""
        change = self.outputs
        if change is None:
            return ()
        described = (change.audio_description_vtt, change.audio_description_mp3, change.accessible_video_mp4)
        added = ((change.captions_vtt, Kind.CAPTIONS), (any(described), Kind.AUDIO_DESCRIPTION))
        return tuple(kind for asked, kind in added if asked)

    def fault(self) -> str | None:
        """Why the action is invalid, in a sentence, if fields are missing or superfluous."""
        if (self.action is BatchAction.CHANGE_OUTPUTS) != (self.outputs is not None):
            return "change_outputs needs outputs, and no other action has them."
        if self.from_step is not None and self.action not in (BatchAction.REPROCESS, BatchAction.RETRY):
            return f"{self.action.value} has no from_step."
        if self.action is BatchAction.REPROCESS and self.from_step is None:
            return f"reprocess needs from_step: one of {', '.join(Step)}."
        return None


class BatchAsked(Typed):
    """The request of a batch. `filter` is None if the jobs were named."""

    work: BatchWork
    """The action, with its parameters."""
    filter: BatchFilter | None = None
    """Which jobs."""
    max_jobs: int = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    """Maximum number of jobs."""


class ScheduledBatch(Message, Typed):
    """The input of a schedule's workflow. From Temporal's UI `{"work": {"action": "retry"}, "filter": {…}}` is enough,
    and acts as staff."""

    work: BatchWork
    filter: BatchFilter
    max_jobs: int = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    owner_id: UUID | None = None
    """Id of the owner. If absent: staff."""
    org_id: UUID | None = None
    """The organisation, if the schedule is about only one. Those who see everything in it also see the schedule."""
    schedule_id: str | None = None
    name: NounName | None = None
    """Name of the schedule."""
    cron: str | None = None
    every_minutes: int | None = None
    time_zone: str = "UTC"
    """The times as they were requested. Temporal stores a cron in another form."""


class BatchInput(Contract):
    """Starts a `BatchWorkflow`, or its next run: cursor and counts, so that a run never grows long."""

    batch_id: UUID
    org_id: UUID | None = None
    action: BatchAction
    total: Count | None = None
    cursor: Count = 0
    """The last position that was started."""
    counts: dict[Outcome, int] = {}
    reasons: dict[str, int] = {}
    """The most frequent reasons for refused and failed jobs."""
    paused: bool = False
    piece: int = Field(default=20, ge=1, le=100)
    """Jobs per activity, which asks them in parallel."""
    in_flight: int = Field(default=PIECES_AT_ONCE, ge=1, le=50)
    """Activities in parallel."""
    pieces_a_run: int = Field(default=150, ge=1, le=1_000)
    """Pieces after which the workflow continues as new."""


class BatchState(Contract):
    """The answer to the query, and to updates."""

    status: BatchStatus
    total: int | None
    counts: dict[Outcome, int]
    reasons: dict[str, int]


class BatchRef(Contract):
    """An activity of a batch."""

    batch_id: UUID


class OpenBatch(Contract):
    """Creates the row of a batch for a run of a schedule."""

    batch_id: UUID
    asked: ScheduledBatch


class Opened(Contract):
    org_id: UUID | None


class Chosen(Contract):
    total: int


class DecideItems(Contract):
    """The jobs at these positions, both inclusive."""

    batch_id: UUID
    first: int
    last: int
    again: bool = False
    """Whether they may have been asked before."""
    give_up: bool = False
    """Whether jobs that do not answer now count as failed."""


class ItemsDecided(Contract):
    counts: dict[Outcome, int]
    """The counts of these positions, including jobs decided earlier."""
    reasons: dict[str, int]
    waiting: int = 0
    """Jobs that did not answer. They are asked again."""


class RecordBatch(Contract):
    """Updates the batch's row from its workflow."""

    batch_id: UUID
    status: BatchStatus
    ended: bool = False
    """Whether nothing is in flight any more. Jobs without an outcome get one."""


class Packed(Contract):
    """A finished download archive."""

    object_name: str
    filename: str
    size_bytes: int
    files: int
    packed_at: datetime
    internal_of: tuple[UUID, ...] = ()
    """Organisations of jobs with more than the delivered outputs in the archive, for an owner who was no client
    there."""


class PackResult(Contract):
    files: int
    size_bytes: int
    counts: dict[Outcome, int]
