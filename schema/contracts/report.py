"""The quality report of a language: what its accessible video sounds and looks like, and how it was made.

It has times on two timelines, which their names distinguish: `source_…` and `wanted_…` are on the programme's,
`start_ms` and `end_ms` on the accessible video's. Timecodes are the source's (SMPTE ST 12-1).
"""

from __future__ import annotations

from typing import Literal

from schema.contracts.base import Contract
from schema.contracts.media import Loudness, Span
from schema.findings import Finding
from schema.plan.model import Fit


class EncodedAgain(Contract):
    """A stretch of the accessible video whose sound was encoded, not copied from the source's packets."""

    start_ms: int
    end_ms: int
    why: tuple[str, ...]
    reused: bool
    """Whether an earlier render encoded it."""


class ClipLoudness(Contract):
    """The loudness at which one description was mixed into the programme."""

    cue_id: str
    measured_lufs: float | None
    """Loudness of the clip in the programme's channels; None for silence."""
    gain_db: float
    shortfall_db: float
    """Gain that the true-peak limit prevented."""


class Ducked(Contract):
    """A stretch in which the programme is lowered under a description, including ramps."""

    start_ms: int
    end_ms: int
    duck_db: float


class RenderFacts(Contract):
    """Facts of a render, stored beside it, so that a report can be written again without rendering."""

    sha256: str
    """Hash of the file."""
    picture: Literal["copied", "encoded"]
    sound: Literal["spliced", "encoded"]
    reasons: tuple[str, ...]
    """One sentence for each thing that was more than a copy."""
    packets: int
    packets_encoded: int
    encoded: tuple[EncodedAgain, ...]
    ducks: tuple[Ducked, ...]
    fades_ms: dict[int, int]
    """Length of the programme's fade at a pause, by the pause's index."""
    picture_shift_ms: dict[int, int]
    """How much earlier the picture is held to keep an open GOP whole, by the pause's index."""
    clips: tuple[ClipLoudness, ...]
    programme_lufs: float | None
    """Loudness of the programme's speech, to which descriptions are matched."""
    warnings: tuple[str, ...]
    loudness: Loudness
    """Loudness of the described sound, as it is heard."""
    original_loudness: Loudness | None = None
    """Loudness of the original sound, if the file has it as a second track."""
    verified: bool = False
    """Whether an independent reader found the file as planned: pictures, holds, lengths, looks and languages."""
    peaks: tuple[int, ...] = ()
    """The programme's speech on the accessible video's timeline, in equal steps, thousandths of full scale; empty
    without sound."""

    @property
    def verification(self) -> str:
        """The result of the verification, for the report."""
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
    """The origin of the captions, the descriptions or the voice."""

    what: Literal["captions", "audio_description", "voice"]
    provider: str | None
    """The engine that drafted it, if known."""
    draft: bool
    """Whether it is a machine's draft that no person has edited."""
    sentence: str


class ReportCue(Contract):
    """One description: what happened to it, and why."""

    number: int
    """Number in the script, from 1."""
    cue_id: str
    text: str
    fit: Fit
    explanation: str
    heard: bool
    """False if it does not fit at all, or has no text."""
    wanted_ms: int
    wanted_timecode: str
    source_ms: int
    """Where it begins in the programme; inside a pause, where the picture is held."""
    source_timecode: str
    start_ms: int
    end_ms: int
    words_per_minute: int | None
    """As heard; None if it is not."""
    speed: float
    """1 is as spoken."""
    gain_db: float | None
    shortfall_db: float
    pause: int | None
    """Number of the pause that it plays in or into."""
    pause_ms: int
    speech_overlap_ms: int


class ReportPause(Contract):
    """A pause: the picture is held."""

    number: int
    """Number in time order, from 1."""
    source_ms: int
    source_timecode: str
    start_ms: int
    end_ms: int
    reason: str
    forced: bool
    """Whether a person put it on a spoken word."""
    cue_ids: tuple[str, ...]
    fade_ms: int
    picture_shift_ms: int


class ProfileFindings(Contract):
    """Findings under one quality profile."""

    profile: str
    applied: bool
    """Whether this language was approved with this profile. The others help people who also deliver elsewhere."""
    captions: tuple[Finding, ...]
    audio_description: tuple[Finding, ...]


class WordsHeld(Contract):
    """How far a text follows the client's glossary. In `n` places the source has a term (counted once per cue), and
    `correct` of them have its translation. Without such places it is not applicable."""

    what: Literal["captions", "audio_description"]
    correct: int
    n: int


class QualityReport(Contract):
    """`report.json`: everything that the page shows, except the captions in files beside the video."""

    version: Literal[1] = 1
    title: str
    language: str
    source_language: str
    dialogue_language: str
    """Provenance of the programme's sound: the source's, or that of a dub."""
    video: str
    """Name of the file beside the page."""
    lengths: Lengths
    remarks: tuple[str, ...]
    """What a publisher has to know, such as that the dialogue is not in this language."""
    provenance: tuple[Provenance, ...]
    loudness_before: Loudness | None
    """None if the programme has no sound."""
    speech_overlap_ms: int
    """Length of speech that descriptions cover; 0 unless a person forced a pause or placement onto it."""
    cues: tuple[ReportCue, ...]
    pauses: tuple[ReportPause, ...]
    speech: tuple[Span, ...]
    """Speech on the accessible video's timeline, like the gaps: from words, captions and the voice detector
    together."""
    voices: tuple[Span, ...] | None = None
    """Part of the speech in which the voice detector heard a voice; None if none ran."""
    gaps: tuple[Span, ...]
    """Room between speech without margins, including pauses in it."""
    findings: tuple[ProfileFindings, ...]
    """The applied profile first."""
    plan_findings: tuple[Finding, ...]
    words: tuple[WordsHeld, ...] = ()
    """For a translation, by text."""
    render: RenderFacts
