"""Inputs and results of the six steps and of the records: references in, references out."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from schema.contracts.base import Contract, Typed
from schema.contracts.bounds import Count, Filename, MediaType, ObjectName, Told
from schema.contracts.media import Fraction
from schema.contracts.outputs import RequestedOutputs, TrackChoice
from schema.enums import Kind, Step, Urgency


class JobRef(Contract):
    """The properties of a job that never change."""

    job_id: UUID
    org_id: UUID
    client_id: UUID
    project_id: UUID
    source_language: str
    source_object: str
    bulk: bool = False
    """Whether it is bulk work, which yields to people who wait."""
    priority: Urgency = Urgency.NORMAL
    """As it was when the workflow began. Later decisions are in the workflow's state."""

    def for_batch(self, batch_id: UUID | None) -> JobRef:
        """The job as it is for work that a batch requested."""
        return self if batch_id is None or self.bulk else self.model_copy(update={"bulk": True})


class SourceFile(Typed):
    """A video in the bucket, as it was uploaded."""

    source_object: ObjectName
    filename: Filename
    content_type: MediaType
    size_bytes: int = Field(ge=0, le=2**63 - 1)


class Versions(Typed):
    """Version numbers of the two texts of a language; None if a text is not wanted."""

    captions: Count | None = Field(default=None, strict=True)
    """Version of the captions."""
    audio_description: Count | None = Field(default=None, strict=True)
    """Version of the audio description."""

    def of(self, kind: Kind) -> int | None:
        return self.captions if kind is Kind.CAPTIONS else self.audio_description


class Failure(Contract):
    """Why a step failed, for a person who can act on it."""

    step: Step
    """The failed step."""
    language: str | None = None
    """BCP 47 code; null before there are languages."""
    code: Told
    """Error code."""
    reason: Told
    """Message for people."""


class Artifacts(Contract):
    """Names of objects that later steps read; None until they exist."""

    media_report: str | None = None
    scenes_found: bool = False
    """Whether the media report already has scene changes and black frames."""
    speech_audio: str | None = None
    words: str | None = None
    sight: str | None = None
    duration_ms: int | None = None
    has_audio: bool | None = None
    frame_rate: Fraction | None = None
    dub: str | None = None
    """A language's own programme sound. Report, speech audio and words are then those of the video with that sound."""


class ProbeInput(Contract):
    job: JobRef
    tracks: TrackChoice = TrackChoice()


class ProbeResult(Contract):
    media_report: str
    speech_audio: str | None
    duration_ms: int
    has_audio: bool
    frame_rate: Fraction


class ScenesInput(Contract):
    job: JobRef
    artifacts: Artifacts


class ScenesResult(Contract):
    media_report: str
    """The complete report, with the results of examining every picture."""


class TranscribeInput(Contract):
    job: JobRef
    artifacts: Artifacts
    drafts_captions: bool = True
    """Whether captions are drafted from what is heard."""
    keep_human_edits: bool = True


class TranscribeResult(Contract):
    words: str
    word_count: int


class CaptionsInput(Contract):
    job: JobRef
    artifacts: Artifacts
    keep_human_edits: bool = True


class CaptionsResult(Contract):
    version: int
    kept_human_edit: bool = False


class FlagCuesInput(Contract):
    """Compares the source texts that people wrote with another video."""

    job: JobRef
    artifacts: Artifacts


class FlagCuesResult(Contract):
    flagged: dict[Kind, tuple[str, ...]] = {}
    """By text: ids of cues that the sound or the length of the video does not support."""


class HearDubInput(Contract):
    """Examines the programme sound that a language brings."""

    job: JobRef
    language: str
    dub: str
    """A `gs://` URI."""
    artifacts: Artifacts
    """The source's."""


class HearDubResult(Contract):
    """The counterparts of the source's artifacts, for the programme with the dub as its sound."""

    artifacts: Artifacts
    word_count: int


class WatchInput(Contract):
    job: JobRef
    artifacts: Artifacts


class WatchResult(Contract):
    sight: str
    scenes: int


class PlaceInput(Contract):
    """Assigns observations of the picture to the gaps between speech."""

    job: JobRef
    artifacts: Artifacts
    outputs: RequestedOutputs
    keep_human_edits: bool = True


class PlaceResult(Contract):
    version: int
    cues: int
    notes: int
    kept_human_edit: bool = False


class TranslateInput(Contract):
    job: JobRef
    language: str
    source_versions: Versions
    artifacts: Artifacts
    keep_human_edits: bool = True
    anew: bool = False
    """Whether machine translations are made again, with the active glossary version."""


class TranslateResult(Contract):
    versions: Versions
    glossary_version_id: UUID | None
    """The version that is pinned to the job."""
    translated: int
    """Number of cues that a provider translated now."""
    flagged_cues: tuple[str, ...] = ()
    flagged: dict[Kind, tuple[str, ...]] = {}
    """The flagged cues by text; empty from workers of an older build."""


class PublishInput(Contract):
    """Writes the approved texts of a language to the bucket as assets."""

    job: JobRef
    language: str
    versions: Versions
    outputs: RequestedOutputs


class SynthesizeInput(Contract):
    job: JobRef
    language: str
    versions: Versions
    outputs: RequestedOutputs
    artifacts: Artifacts


class SynthesizeResult(Contract):
    plan: str
    clips: str
    """The manifest: cue id, clip object, source time, start, length, pause."""
    spoken: int
    """Number of clips synthesized now; the others existed."""
    added_ms: int
    blocking_findings: int
    mp3: str | None = None


class MuxInput(Contract):
    job: JobRef
    language: str
    versions: Versions
    outputs: RequestedOutputs
    artifacts: Artifacts
    plan: str
    clips: str


class MuxResult(Contract):
    video: str
    report: str
    duration_ms: int
    reused: bool
    """Whether the same render existed already."""
