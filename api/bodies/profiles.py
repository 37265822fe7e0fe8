"""Quality profiles as people send and see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from api.bodies.base import Body, Out
from api.bodies.numbers import Integer, Number
from schema.contracts.bounds import Language
from schema.findings import Severity

_MOST = 1_000_000
Limit = Annotated[Integer, Field(ge=1, le=_MOST)]
Frames = Annotated[Integer, Field(ge=0, le=_MOST)]
_Value = Annotated[Number, Field(gt=0, le=_MOST)]
ByLanguage = Annotated[dict[Language | Literal["default"], _Value], Field(max_length=200)]
Rule = Annotated[str, StringConstraints(pattern="^[a-z_]+$", max_length=64)]


class DescriptionLimits(Body):
    """What is other for descriptions."""

    words_per_minute_target: Limit | None = None
    """What a script is written for."""
    words_per_minute_warning: Limit | None = None
    """Faster is told."""
    words_per_minute_blocking: Limit | None = None
    """Faster is not approved."""
    chars_per_cue: Limit | None = None
    """Longer is told."""


class Limits(Body):
    """What is other than in the profile that it is laid over; tables by language are laid over key by key. Frames are
    those of the source's rate."""

    lines: Limit | None = None
    """Of one cue."""
    chars_per_line: ByLanguage | None = None
    """By BCP 47 code; `default` is for every other."""
    chars_per_second_adult: ByLanguage | None = None
    """Reading speed of translations, likewise."""
    chars_per_second_child: ByLanguage | None = None
    """For children."""
    chars_per_second_sdh: ByLanguage | None = None
    """For captions."""
    words_per_minute_adult: Limit | None = None
    """Where characters are not counted."""
    words_per_minute_child: Limit | None = None
    """For children."""
    min_duration_ms: ByLanguage | None = None
    """Of one cue, by BCP 47 code."""
    max_duration_ms: Limit | None = None
    """Of one cue."""
    min_gap_frames: Frames | None = None
    """Between two cues."""
    close_gap_frames: Frames | None = None
    """Gaps up to this are closed to the least."""
    in_time_frames: Frames | None = None
    """How near a shot change a cue may begin."""
    out_time_frames: Frames | None = None
    """How near a shot change a cue may end."""
    shot_change_frames: Frames | None = None
    """How far a shot change reaches."""
    sentence_silence_ms: Limit | None = None
    """A silence that ends a sentence."""
    uncaptioned_sound_ms: Limit | None = None
    """Sound without a caption that is told."""
    description: DescriptionLimits | None = None
    """What is other for descriptions."""
    severities: Annotated[dict[Rule, Severity], Field(max_length=200)] | None = None
    """By rule."""


class ProfileBody(Body):
    """A quality profile with a client's own limits."""

    base: Literal["netflix", "bbc", "dcmp"]
    """The profile that it is laid over."""
    limits: Limits = Limits()
    """What is other than in `base`."""

    def stored(self) -> dict[str, Any]:
        return {"base": self.base, "limits": self.limits.model_dump(exclude_none=True)}


class ProfileOut(Out):
    """A quality profile with a client's own limits."""

    base: str
    """The profile that it is laid over."""
    limits: Limits
    """What is other than in `base`."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        return cls(base=stored["base"], limits=Limits.model_validate(stored["limits"]))
