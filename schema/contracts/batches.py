"""What a batch is asked for, and what its workflows are told and remember: ids and counts, never a list of jobs."""

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
"""Of one batch."""
PIECES_AT_ONCE = 4
"""Of one batch, under way side by side."""
Form = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$", max_length=8)]
"""How a file's name ends, such as `vtt`."""


class BatchFilter(Typed):
    """Which jobs: those that every condition is true of, and that its owner sees when it runs. One of which a condition
    is not true any more when its turn comes is refused."""

    status: tuple[JobStatus, ...] = Field(default=(), max_length=len(JobStatus))
    """Any of these."""
    org_id: UUID | None = None
    """Of this organisation."""
    client_id: UUID | None = None
    """Of this client."""
    project_id: UUID | None = None
    """Of this project."""
    language: Language | None = None
    """With this language, the source's or a target's."""
    label: Label | None = None
    """With this label."""
    older_than_days: int | None = Field(default=None, ge=1, le=36_500)
    """Made longer ago."""
    failed_step: Step | None = None
    """Failed at this step."""
    other_glossary: bool = False
    """Translated with another glossary version than the one that is active now."""
    other_model: bool = False
    """Drafted by another model than the one that is configured now: captions, description or a translation."""

    def is_open(self) -> bool:
        """Whether it says nothing at all."""
        return self == BatchFilter()


class OutputsChange(Typed):
    """What change_outputs changes of what was asked for; what is absent stays."""

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
    """Who speaks, in the place of what was asked for."""

    def of(self, outputs: RequestedOutputs) -> RequestedOutputs:
        """`outputs` with the change.

        Raises:
            Invalid: nothing would be left to make, or it would be made in more languages than a job has.
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
    """What is done to each job."""

    action: BatchAction
    """Which of the actions."""
    from_step: Step | None = None
    """reprocess, retry: where to begin."""
    languages: tuple[Language, ...] = Field(default=(), max_length=50)
    """reprocess, retry_tts, return_to_qc, download: these alone, of the jobs that have them; none: all."""
    keep_human_edits: bool = True
    """reprocess: false writes over what people wrote; their versions stay in the history."""
    outputs: OutputsChange | None = None
    """change_outputs: what."""
    reason: Reason | None = None
    """return_to_qc, reject_final: why."""
    kinds: tuple[AssetKind, ...] = Field(default=(), max_length=len(AssetKind))
    """download: these alone; none: all."""
    formats: tuple[Form, ...] = Field(default=(), max_length=20)
    """download: files whose names end so; none: all."""

    @property
    def texts_added(self) -> tuple[Kind, ...]:
        """The texts that its outputs are made of, where it adds outputs."""
        change = self.outputs
        if change is None:
            return ()
        described = (change.audio_description_vtt, change.audio_description_mp3, change.accessible_video_mp4)
        added = ((change.captions_vtt, Kind.CAPTIONS), (any(described), Kind.AUDIO_DESCRIPTION))
        return tuple(kind for asked, kind in added if asked)

    def fault(self) -> str | None:
        """Why it cannot be done, in a sentence, where it says too little or too much."""
        if (self.action is BatchAction.CHANGE_OUTPUTS) != (self.outputs is not None):
            return "change_outputs needs outputs, and no other action has them."
        if self.from_step is not None and self.action not in (BatchAction.REPROCESS, BatchAction.RETRY):
            return f"{self.action.value} has no from_step."
        if self.action is BatchAction.REPROCESS and self.from_step is None:
            return f"reprocess needs from_step: one of {', '.join(Step)}."
        return None


class BatchAsked(Typed):
    """As it was asked for: `filter` is None where the jobs were named."""

    work: BatchWork
    """The action, and what it needs."""
    filter: BatchFilter | None = None
    """Which jobs."""
    max_jobs: int = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    """At most so many."""


class ScheduledBatch(Message, Typed):
    """The input of a schedule's workflow. From Temporal's UI `{"work": {"action": "retry"}, "filter": {…}}` is enough,
    and acts as staff."""

    work: BatchWork
    filter: BatchFilter
    max_jobs: int = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    owner_id: UUID | None = None
    """In whose name; absent: staff."""
    org_id: UUID | None = None
    """Whose it is, where it is one organisation's: those who see all of that see it."""
    schedule_id: str | None = None
    name: NounName | None = None
    """What people call the schedule."""
    cron: str | None = None
    every_minutes: int | None = None
    time_zone: str = "UTC"
    """When it runs, as it was asked for: Temporal keeps a cron in another form."""


class BatchInput(Contract):
    """Starts a `BatchWorkflow`, or its next run: cursor and counts, so that a run never grows long."""

    batch_id: UUID
    org_id: UUID | None = None
    action: BatchAction
    total: Count | None = None
    cursor: Count = 0
    """The last position that was given out."""
    counts: dict[Outcome, int] = {}
    reasons: dict[str, int] = {}
    """Why jobs were refused or failed, the most frequent."""
    paused: bool = False
    piece: int = Field(default=20, ge=1, le=100)
    """Jobs of one activity, which asks them side by side."""
    in_flight: int = Field(default=PIECES_AT_ONCE, ge=1, le=50)
    """Activities at once."""
    pieces_a_run: int = Field(default=150, ge=1, le=1_000)
    """Then it continues as new."""


class BatchState(Contract):
    """What the query answers, and updates with it."""

    status: BatchStatus
    total: int | None
    counts: dict[Outcome, int]
    reasons: dict[str, int]


class BatchRef(Contract):
    """An activity of a batch."""

    batch_id: UUID


class OpenBatch(Contract):
    """A run of a schedule: makes the batch's row."""

    batch_id: UUID
    asked: ScheduledBatch


class Opened(Contract):
    org_id: UUID | None


class Chosen(Contract):
    total: int


class DecideItems(Contract):
    """The jobs at these positions, both included."""

    batch_id: UUID
    first: int
    last: int
    again: bool = False
    """They may have been asked before."""
    give_up: bool = False
    """What does not answer now has failed."""


class ItemsDecided(Contract):
    counts: dict[Outcome, int]
    """Of these positions, those decided before included."""
    reasons: dict[str, int]
    waiting: int = 0
    """Those that did not answer: they are asked again."""


class RecordBatch(Contract):
    """The batch's row follows its workflow."""

    batch_id: UUID
    status: BatchStatus
    ended: bool = False
    """Nothing is in flight any more: jobs without an outcome get one."""


class Packed(Contract):
    """A download that is there."""

    object_name: str
    filename: str
    size_bytes: int
    files: int
    packed_at: datetime
    internal_of: tuple[UUID, ...] = ()
    """Organisations of whose jobs it holds more than was delivered, for somebody who was no client there."""


class PackResult(Contract):
    files: int
    size_bytes: int
    counts: dict[Outcome, int]
