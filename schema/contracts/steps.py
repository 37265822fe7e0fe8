"""The inputs and results of the six steps and of the records: references in, references out."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from schema.contracts.base import Contract, Typed
from schema.contracts.bounds import Count, Filename, MediaType, ObjectName, Told
from schema.contracts.media import Fraction
from schema.contracts.outputs import RequestedOutputs, TrackChoice
from schema.enums import Kind, Step, Urgency


class JobRef(Contract):
    """What of a job never changes."""

    job_id: UUID
    org_id: UUID
    client_id: UUID
    project_id: UUID
    source_language: str
    source_object: str
    bulk: bool = False
    """Bulk work gives way to people who wait."""
    priority: Urgency = Urgency.NORMAL
    """As it was when the workflow began; what was decided since is in its state."""

    def for_batch(self, batch_id: UUID | None) -> JobRef:
        """As it is for work that a batch has asked for."""
        return self if batch_id is None or self.bulk else self.model_copy(update={"bulk": True})


class SourceFile(Typed):
    """A video in the bucket, as it was uploaded."""

    source_object: ObjectName
    filename: Filename
    content_type: MediaType
    size_bytes: int = Field(ge=0, le=2**63 - 1)


class Versions(Typed):
    """Version numbers of the two texts of a language; None where that text is not wanted."""

    captions: Count | None = Field(default=None, strict=True)
    """Of the captions."""
    audio_description: Count | None = Field(default=None, strict=True)
    """Of the audio description."""

    def of(self, kind: Kind) -> int | None:
        return self.captions if kind is Kind.CAPTIONS else self.audio_description


class Failure(Contract):
    """Why a step stopped for good, for a person who can do something about it."""

    step: Step
    """Which one."""
    language: str | None = None
    """BCP 47 code; null before there are languages."""
    code: Told
    """For machines."""
    reason: Told
    """For people."""


class Artifacts(Contract):
    """Objects that later steps read, by name; None until they are made."""

    media_report: str | None = None
    scenes_found: bool = False
    """Whether the media report tells of scene changes and black already."""
    speech_audio: str | None = None
    words: str | None = None
    sight: str | None = None
    duration_ms: int | None = None
    has_audio: bool | None = None
    frame_rate: Fraction | None = None
    dub: str | None = None
    """A language's own programme sound: report, speech audio and words are then of the video with that sound."""


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
    """The whole one, with what looking at every picture showed."""


class TranscribeInput(Contract):
    job: JobRef
    artifacts: Artifacts
    drafts_captions: bool = True
    """Whether captions are drafted of what is heard."""
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
    """By text: ids of cues that the sound or the length of the video does not bear."""


class HearDubInput(Contract):
    """A language brings its own programme sound."""

    job: JobRef
    language: str
    dub: str
    """A `gs://` URI."""
    artifacts: Artifacts
    """The source's."""


class HearDubResult(Contract):
    """What the source's artifacts are to it, of the programme with the dub as its sound."""

    artifacts: Artifacts
    word_count: int


class WatchInput(Contract):
    job: JobRef
    artifacts: Artifacts


class WatchResult(Contract):
    sight: str
    scenes: int


class PlaceInput(Contract):
    """Binds what was seen to the gaps between what was said."""

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
    """What a machine wrote is translated again, with the glossary version that is active now."""


class TranslateResult(Contract):
    versions: Versions
    glossary_version_id: UUID | None
    """The one that is pinned to the job."""
    translated: int
    """Cues that were translated now, by a provider."""
    flagged_cues: tuple[str, ...] = ()
    flagged: dict[Kind, tuple[str, ...]] = {}
    """The same, by the text that they are of; empty from workers of an older build."""


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
    """Clips that were synthesized now; the others were there."""
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
    """The same render was there already."""
