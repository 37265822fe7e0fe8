"""What a plan says.

Plan time is integer *ticks*: one tick is one sample of the programme's sound (48,000 a second for a 48 kHz
programme; for one without sound, 48,000). Clips are therefore exact, and a pause is a whole number of *grid units*
(1,024 ticks where AAC packets are reused, see `activities/media`), so that what is planned is what is rendered.
Milliseconds for people and VTT are derived from cumulative ticks, never added up from rounded ones.

Two timelines: *source* time is the programme's own; *render* time is that of the accessible video, which is
source time plus the pauses before it.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from schema.contracts.bounds import Uri
from schema.findings import Finding

__all__ = ["Choice", "Clip", "Extend", "Finding", "Fit", "Pause", "Placement", "Plan", "Timebase"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Timebase(_Frozen):
    """`rate` ticks a second; a pause is a multiple of `grid` ticks."""

    rate: int = Field(default=48_000, gt=0)
    grid: int = Field(default=1_024, gt=0)

    def to_ticks(self, ms: int) -> int:
        return (ms * self.rate + 500) // 1000

    def to_ms(self, ticks: int) -> int:
        return (ticks * 1000 + self.rate // 2) // self.rate


class Fit(StrEnum):
    """How a description was made to fit: the rungs of the ladder, in order."""

    AS_IS = "as_is"
    TRIMMED = "trimmed"
    SHIFTED = "shifted"
    FASTER = "faster"
    PARTLY_HELD = "partly_held"
    """Plays into its gap, and the picture holds for the rest."""
    HELD = "held"
    """The picture holds from its first sound to its last."""
    DOES_NOT_FIT = "does_not_fit"
    """`extend` is never, and nothing else was enough: a blocking finding, and not rendered."""


class Extend(StrEnum):
    """May the picture be held? Of a job, a language, or one cue (a person's choice)."""

    NEVER = "never"
    ALLOW = "allow"
    ALWAYS = "always"


class Choice(_Frozen):
    """What a person decided for one cue, kept by cue id. Everything absent is the planner's to decide."""

    pinned: bool = False
    """Start exactly at the cue's in-time: never shifted."""
    extend: Extend | None = None
    """`never` plays it inline only, `always` holds the picture for all of it."""
    speed_permille: int | None = Field(default=None, ge=1000, le=1400)
    """1000 as it was spoken."""
    gain_mb: int | None = Field(default=None, ge=-2400, le=2400)
    """Hundredths of a decibel added to the clip's matched gain."""
    pause_at_ms: int | None = Field(default=None, ge=0, le=2**31 - 1)
    """A moved pause point, in source time."""
    force: bool = False
    """Accept a pause point on a spoken word."""
    recording: Uri | None = None
    """A person's recording (a `gs://` URI), heard in the place of the voice."""
    may_stretch: bool = False
    """Whether the recording may be played faster; a voice's clip always may."""


class Clip(_Frozen):
    """A spoken description as measured, or as estimated from the voice's rate before money is spent."""

    cue_id: str
    length: int = Field(ge=0)
    """Ticks, after silence was trimmed, at speed 1."""
    trimmed: int = Field(default=0, ge=0)
    """Ticks of silence that were taken away, at its ends and from long pauses inside."""
    sha256: str | None = None
    """Of the clip's samples; None for an estimate."""
    stretchable: bool = True
    """False for a person's recording: never played faster unless allowed."""


class Pause(_Frozen):
    """The picture is held at `at` (source ticks) for `units` grid units."""

    at: int = Field(ge=0)
    units: int = Field(gt=0)
    ticks: int = Field(gt=0)
    """units x grid"""
    cue_ids: tuple[str, ...]
    reason: str
    forced: bool = False


class Placement(_Frozen):
    """One description: where it is heard."""

    cue_id: str
    cue_index: int
    """From 0, in the AD VTT's order."""
    fit: Fit
    wanted: int
    """The cue's in-time, in source ticks."""
    source_start: int
    """Where in source time it begins: inside a pause, that pause's `at`."""
    start: int
    """Render ticks."""
    length: int
    """Ticks as heard, after speed."""
    clip_length: int
    """Ticks of the clip before speed."""
    speed_permille: int = 1000
    gain_mb: int = 0
    clip_sha256: str | None = None
    estimated: bool = False
    pause_index: int | None = None
    """Of the pause that it plays in or into."""
    gap_start: int
    gap_end: int
    """The room between speech where it was placed, source ticks, margins already taken off."""
    explanation: str
    """One sentence for a person: what was done and why."""


class Plan(_Frozen):
    """`plan.json`. Placements are in cue order, pauses in time order."""

    version: int = 1
    timebase: Timebase
    duration: int
    """Of the source, ticks."""
    placements: tuple[Placement, ...]
    pauses: tuple[Pause, ...]
    added: int
    """Ticks that the render is longer than the source."""
    findings: tuple[Finding, ...] = ()
    estimated: bool = False
    """Made before the clips were spoken."""

    @property
    def rendered_duration(self) -> int:
        return self.duration + self.added
