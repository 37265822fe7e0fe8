"""The plan of a language: how each description is heard, and what a person decides about it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from api.bodies.base import Body, Out
from api.bodies.numbers import Counted, Number
from schema.contracts.bounds import RunId, Uri
from schema.findings import Finding
from schema.plan.model import Choice, Extend, Fit


class SpanOut(Out):
    """A half-open span on the programme's timeline."""

    start_ms: int
    """Start in milliseconds, inclusive."""
    end_ms: int
    """End in milliseconds, exclusive."""


class PauseOut(Out):
    """A pause: the picture is held at `at_ms` of the programme for `length_ms`."""

    at_ms: int
    """Where the picture is held, on the programme's timeline."""
    at_timecode: str
    """`at_ms` as a timecode."""
    length_ms: int
    """How long the picture is held."""
    start_ms: int = Field(description="On the accessible video's timeline.")
    cue_ids: tuple[str, ...]
    """The descriptions that are heard during the pause."""
    reason: str
    """Why the pause is here, in words."""
    forced: bool
    """Whether a person accepted that the pause interrupts a spoken word."""


class EditCue(Out):
    """One description: its gap, its clip, and how it was made to fit."""

    cue_index: int
    """Index of the cue in the audio description, from 0."""
    cue_id: str
    """Id of the cue, which identifies its text and a person's choices."""
    text: str
    """The text that is spoken."""
    wanted_ms: int = Field(description="The cue's in-time in the VTT, which no plan rewrites.")
    wanted_timecode: str
    """`wanted_ms` as a timecode."""
    gap: SpanOut
    """The gap between words that the description was assigned."""
    clip_ms: int = Field(description="At speed 1, silence at its ends trimmed.")
    measured: bool = Field(description="False: estimated from the text and the voice's rate.")
    fit: Fit
    """How the description was made to fit."""
    explanation: str
    """The reason, in words."""
    source_start_ms: int
    """Where the description begins on the programme's timeline."""
    start_ms: int = Field(description="On the accessible video's timeline.")
    length_ms: int = Field(description="As heard, after speed.")
    speed: float
    """Playback speed: 1 is as spoken, 1.4 the fastest."""
    gain_db: float
    """Gain relative to the matched loudness, in decibels."""
    pause: PauseOut | None
    """The pause point of this description, if it has one."""
    choice: Choice | None = Field(description="What a person decided; null: the planner's to decide.")


class EditState(Out):
    """The plan as it would be made now, before anything is rendered."""

    language: str
    """BCP 47 language code."""
    plan_version: str = Field(
        description="Changes whenever the plan does; an edit carries the one it was made on."
    )
    estimated: bool
    """Whether any length is an estimate, because no voice has spoken that description yet."""
    duration_ms: int
    """Duration of the programme."""
    rendered_duration_ms: int
    """Duration of the accessible video."""
    added_ms: int
    """Total duration of the pauses."""
    cues: list[EditCue]
    """Every description, in order."""
    pauses: list[PauseOut]
    """Every pause point, in order."""
    findings: tuple[Finding, ...]
    """Findings of the quality rules about the plan."""


class PausePointEdit(Body):
    """A change to one description. Absent fields stay unchanged; null returns a field to the planner."""

    plan_version: RunId
    """Version of the plan that was looked at; 409 if another is current."""
    at_ms: Counted | None = Field(default=None, description="Where the picture is held, programme time.")
    pinned: bool | None = Field(default=None, description="Start exactly at the cue's in-time.")
    extend: Extend | None = Field(default=None, description="never: inline only; always: hold for all of it.")
    speed: Number | None = Field(default=None, ge=1.0, le=1.4)
    """Playback speed; 1 is as spoken."""
    gain_db: Number | None = Field(default=None, ge=-24, le=24)
    """Gain in decibels."""
    force: bool | None = Field(default=None, description="Accept a pause point on a spoken word.")
    recording: Uri | None = Field(
        default=None,
        description="A person's recording in the place of the voice, as the gcs_uri of an upload of yours.",
    )
    may_stretch: bool | None = Field(default=None, description="Let the recording be played faster.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.model_fields_set <= {"plan_version"}:
            raise ValueError(
                "say what changes: at_ms, pinned, extend, speed, gain_db, force, recording or may_stretch"
            )
        return self

    def applied_to(self, before: Choice) -> Choice:
        """`before` with the fields that were sent."""
        sent = self.model_fields_set
        changes: dict[str, object] = {}
        if "at_ms" in sent:
            changes["pause_at_ms"] = self.at_ms
        if "pinned" in sent:
            changes["pinned"] = bool(self.pinned)
        if "extend" in sent:
            changes["extend"] = self.extend
        if "speed" in sent:
            changes["speed_permille"] = None if self.speed is None else round(self.speed * 1000)
        if "gain_db" in sent:
            changes["gain_mb"] = None if self.gain_db is None else round(self.gain_db * 100)
        if "force" in sent:
            changes["force"] = bool(self.force)
        if "recording" in sent:
            changes["recording"] = self.recording
        if "may_stretch" in sent:
            changes["may_stretch"] = bool(self.may_stretch)
        return Choice.model_validate(before.model_dump() | changes)
