"""The quality report of a language: what its accessible video sounds and looks like, and how it came to be.

Three timelines' worth of times stand in it, and their names tell them apart: `source_…` and `wanted_…` are on the
programme's, `start_ms` and `end_ms` on the accessible video's. Timecodes are the source's (SMPTE ST 12-1).
"""

from __future__ import annotations

from typing import Literal

from schema.contracts.base import Contract
from schema.contracts.media import Loudness, Span
from schema.findings import Finding
from schema.plan.model import Fit


class EncodedAgain(Contract):
    """A stretch of the accessible video whose sound is not the source's own packets."""

    start_ms: int
    end_ms: int
    why: tuple[str, ...]
    reused: bool
    """It was encoded by an earlier render."""


class ClipLoudness(Contract):
    """How loud one description was laid into the programme."""

    cue_id: str
    measured_lufs: float | None
    """Of the clip as laid into the programme's channels; None for silence."""
    gain_db: float
    shortfall_db: float
    """What true peak kept it from."""


class Ducked(Contract):
    """The programme goes down under a description, ramps included."""

    start_ms: int
    end_ms: int
    duck_db: float


class RenderFacts(Contract):
    """What a render did and what came out, kept beside it: a report can be written again without rendering."""

    sha256: str
    """Of the file's bytes."""
    picture: Literal["copied", "encoded"]
    sound: Literal["spliced", "encoded"]
    reasons: tuple[str, ...]
    """A sentence for everything that was more than a copy."""
    packets: int
    packets_encoded: int
    encoded: tuple[EncodedAgain, ...]
    ducks: tuple[Ducked, ...]
    fades_ms: dict[int, int]
    """How long the programme fades at a pause, by the pause's index."""
    picture_shift_ms: dict[int, int]
    """How much earlier the picture is held so that an open GOP stays whole, by the pause's index."""
    clips: tuple[ClipLoudness, ...]
    programme_lufs: float | None
    """Over its words: what the descriptions are matched to."""
    warnings: tuple[str, ...]
    loudness: Loudness
    """Of the described sound, as it is heard."""
    original_loudness: Loudness | None = None
    """Of the original sound, where the file carries it as a second track."""
    verified: bool = False
    """It was opened again by another reader, and was as planned: pictures, holds, lengths, looks and languages."""
    peaks: tuple[int, ...] = ()
    """The programme's speech on the accessible video's timeline, in equal steps, thousandths of full scale; empty
    without sound."""

    @property
    def verification(self) -> str:
        """For the report."""
        if not self.verified:
            return "The file was not verified."
        return "Another reader opened it: pictures, holds, lengths, looks and languages are as planned."


class Lengths(Contract):
    """`added_ms` is the difference of the other two."""

    source_ms: int
    rendered_ms: int
    added_ms: int
    source_start: str
    """Timecode of the first picture."""
    source_end: str


class Provenance(Contract):
    """Where the captions, the descriptions or the voice come from."""

    what: Literal["captions", "audio_description", "voice"]
    provider: str | None
    """Who drafted it, where that is known."""
    draft: bool
    """A machine's draft that no person has gone over."""
    sentence: str


class ReportCue(Contract):
    """One description: what became of it, and why."""

    number: int
    """From 1, in the script's order."""
    cue_id: str
    text: str
    fit: Fit
    explanation: str
    heard: bool
    """False: it fits by no means, or says nothing."""
    wanted_ms: int
    wanted_timecode: str
    source_ms: int
    """Where in the programme it begins; inside a pause, where the picture stands."""
    source_timecode: str
    start_ms: int
    end_ms: int
    words_per_minute: int | None
    """As heard; None where nothing is."""
    speed: float
    """1 is as spoken."""
    gain_db: float | None
    shortfall_db: float
    pause: int | None
    """The number of the pause that it plays in or into."""
    pause_ms: int
    speech_overlap_ms: int


class ReportPause(Contract):
    """The picture is held."""

    number: int
    """From 1, in time order."""
    source_ms: int
    source_timecode: str
    start_ms: int
    end_ms: int
    reason: str
    forced: bool
    """A person put it on a spoken word."""
    cue_ids: tuple[str, ...]
    fade_ms: int
    picture_shift_ms: int


class ProfileFindings(Contract):
    """The rules of one quality profile that the texts break."""

    profile: str
    applied: bool
    """The profile that this language was approved by; the others are for whoever delivers elsewhere too."""
    captions: tuple[Finding, ...]
    audio_description: tuple[Finding, ...]


class WordsHeld(Contract):
    """How far a text follows the client's glossary. Of `n` places where the source has a term (counted once a cue),
    `correct` have its translation; with no such place it is not applicable."""

    what: Literal["captions", "audio_description"]
    correct: int
    n: int


class QualityReport(Contract):
    """`report.json`: everything that the page shows but the captions that lie beside the video."""

    version: Literal[1] = 1
    title: str
    language: str
    source_language: str
    dialogue_language: str
    """Of the programme's sound as it is heard: the source's, or that of a dub."""
    video: str
    """The file's name beside the page."""
    lengths: Lengths
    remarks: tuple[str, ...]
    """What whoever publishes this must know, such as that the dialogue is not in this language."""
    provenance: tuple[Provenance, ...]
    loudness_before: Loudness | None
    """None for a programme without sound."""
    speech_overlap_ms: int
    """Speech that a description covers; 0 unless a person forced a pause or a placement onto it."""
    cues: tuple[ReportCue, ...]
    pauses: tuple[ReportPause, ...]
    speech: tuple[Span, ...]
    """On the accessible video's timeline, as are the gaps: by words, captions and voices together."""
    voices: tuple[Span, ...] | None = None
    """Of it, where the speech detector heard a voice; None where none listened."""
    gaps: tuple[Span, ...]
    """Room between speech, margins taken off, pauses in it included."""
    findings: tuple[ProfileFindings, ...]
    """The applied profile first."""
    plan_findings: tuple[Finding, ...]
    words: tuple[WordsHeld, ...] = ()
    """Of a translation, text by text."""
    render: RenderFacts
