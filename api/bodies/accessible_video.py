"""How each description of a language is heard, and what a person decides about it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from api.bodies.base import Body, Out
from api.bodies.numbers import Counted, Number
from schema.contracts.bounds import RunId, Uri
from schema.findings import Finding
from schema.plan.model import Choice, Extend, Fit


class SpanOut(Out):
    """Half-open, on the programme's timeline."""

    start_ms: int
    """The first millisecond of it."""
    end_ms: int
    """The first that is not of it any more."""


class PauseOut(Out):
    """The picture is held at `at_ms` of the programme for `length_ms`."""

    at_ms: int
    """Where the picture is held, on the programme's timeline."""
    at_timecode: str
    """The same as a timecode."""
    length_ms: int
    """For how long."""
    start_ms: int = Field(description="On the accessible video's timeline.")
    cue_ids: tuple[str, ...]
    """The descriptions that are heard meanwhile."""
    reason: str
    """Why here, for a person."""
    forced: bool
    """Whether somebody accepted that it stands on a spoken word."""


class EditCue(Out):
    """One description: its room, its clip, and what was done to make it fit."""

    cue_index: int
    """From 0, in the audio description."""
    cue_id: str
    """By which its text and choices are kept."""
    text: str
    """What is spoken."""
    wanted_ms: int = Field(description="The cue's in-time in the VTT, which no plan rewrites.")
    wanted_timecode: str
    """`wanted_ms` as a timecode."""
    gap: SpanOut
    """The room between words that it was given."""
    clip_ms: int = Field(description="At speed 1, silence at its ends trimmed.")
    measured: bool = Field(description="False: estimated from the text and the voice's rate.")
    fit: Fit
    """What made it fit."""
    explanation: str
    """Why, for a person."""
    source_start_ms: int
    """Where it begins on the programme's timeline."""
    start_ms: int = Field(description="On the accessible video's timeline.")
    length_ms: int = Field(description="As heard, after speed.")
    speed: float
    """1 as it was spoken, up to 1.4."""
    gain_db: float
    """Beside the matched loudness, decibels."""
    pause: PauseOut | None
    """Where the picture is held for it."""
    choice: Choice | None = Field(description="What a person decided; null: the planner's to decide.")


class EditState(Out):
    """The plan as it would be made now, before a cent is spent."""

    language: str
    """BCP 47 code."""
    plan_version: str = Field(
        description="Changes whenever the plan does; an edit carries the one it was made on."
    )
    estimated: bool
    """Whether any length is estimated, for no voice has spoken it yet."""
    duration_ms: int
    """The programme's."""
    rendered_duration_ms: int
    """The accessible video's."""
    added_ms: int
    """All that the picture is held."""
    cues: list[EditCue]
    """Every description, in order."""
    pauses: list[PauseOut]
    """Every place where the picture is held, in order."""
    findings: tuple[Finding, ...]
    """What the quality rules say about the plan."""


class PausePointEdit(Body):
    """What is absent stays as it was; null gives it back to the planner."""

    plan_version: RunId
    """Of the plan that was looked at; 409 where another is current."""
    at_ms: Counted | None = Field(default=None, description="Where the picture is held, programme time.")
    pinned: bool | None = Field(default=None, description="Start exactly at the cue's in-time.")
    extend: Extend | None = Field(default=None, description="never: inline only; always: hold for all of it.")
    speed: Number | None = Field(default=None, ge=1.0, le=1.4)
    """1 as it was spoken."""
    gain_db: Number | None = Field(default=None, ge=-24, le=24)
    """Louder or quieter, decibels."""
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
        """`before` with what was sent."""
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
