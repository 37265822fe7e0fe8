"""How each description of a language is heard, and what a person decides about it."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field, model_validator

from api.bodies.base import Body
from api.bodies.numbers import Integer, Number
from schema.findings import Finding
from schema.plan.model import Choice, Extend, Fit


class SpanOut(BaseModel):
    """Half-open, on the programme's timeline."""

    start_ms: int
    end_ms: int


class PauseOut(BaseModel):
    """The picture is held at `at_ms` of the programme for `length_ms`."""

    at_ms: int
    at_timecode: str
    length_ms: int
    start_ms: int = Field(description="On the accessible video's timeline.")
    cue_ids: tuple[str, ...]
    reason: str
    forced: bool


class EditCue(BaseModel):
    """One description: its room, its clip, and what was done to make it fit."""

    cue_index: int
    cue_id: str
    text: str
    wanted_ms: int = Field(description="The cue's in-time in the VTT, which no plan rewrites.")
    wanted_timecode: str
    gap: SpanOut
    clip_ms: int = Field(description="At speed 1, silence at its ends trimmed.")
    measured: bool = Field(description="False: estimated from the text and the voice's rate.")
    fit: Fit
    explanation: str
    source_start_ms: int
    start_ms: int = Field(description="On the accessible video's timeline.")
    length_ms: int = Field(description="As heard, after speed.")
    speed: float
    gain_db: float
    pause: PauseOut | None
    choice: Choice | None = Field(description="What a person decided; null: the planner's to decide.")


class EditState(BaseModel):
    """The plan as it would be made now, before a cent is spent."""

    language: str
    plan_version: str = Field(
        description="Changes whenever the plan does; an edit carries the one it was made on."
    )
    estimated: bool
    duration_ms: int
    rendered_duration_ms: int
    added_ms: int
    cues: list[EditCue]
    pauses: list[PauseOut]
    findings: tuple[Finding, ...]


class PausePointEdit(Body):
    """What is absent stays as it was; null gives it back to the planner."""

    plan_version: str
    at_ms: Integer | None = Field(
        default=None, ge=0, description="Where the picture is held, programme time."
    )
    pinned: bool | None = Field(default=None, description="Start exactly at the cue's in-time.")
    extend: Extend | None = Field(default=None, description="never: inline only; always: hold for all of it.")
    speed: Number | None = Field(default=None, ge=1.0, le=1.4)
    gain_db: Number | None = Field(default=None, ge=-24, le=24)
    force: bool | None = Field(default=None, description="Accept a pause point on a spoken word.")
    recording: str | None = Field(
        default=None,
        max_length=1200,
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
