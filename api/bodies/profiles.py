"""Quality profiles."""

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
    """Limits that differ for descriptions."""

    words_per_minute_target: Limit | None = None
    """Words per minute that a script aims for."""
    words_per_minute_warning: Limit | None = None
    """Words per minute above which there is a warning."""
    words_per_minute_blocking: Limit | None = None
    """Words per minute above which approval is blocked."""
    chars_per_cue: Limit | None = None
    """Characters above which there is a warning."""


class Limits(Body):
    """Limits that differ from the base profile. Tables by language are merged key by key. Frames are those of the
    source's frame rate."""

    lines: Limit | None = None
    """Maximum number of lines in a cue."""
    chars_per_line: ByLanguage | None = None
    """Maximum characters per line, by BCP 47 code; `default` is for every other language."""
    chars_per_second_adult: ByLanguage | None = None
    """Reading speed of translations for adults, by BCP 47 code; `default` is for every other language."""
    chars_per_second_child: ByLanguage | None = None
    """Reading speed for children."""
    chars_per_second_sdh: ByLanguage | None = None
    """Reading speed of captions in the language of the video."""
    words_per_minute_adult: Limit | None = None
    """Reading speed in words, if characters are not counted."""
    words_per_minute_child: Limit | None = None
    """Reading speed for children."""
    min_duration_ms: ByLanguage | None = None
    """Minimum duration of a cue, by BCP 47 code."""
    max_duration_ms: Limit | None = None
    """Maximum duration of a cue."""
    min_gap_frames: Frames | None = None
    """Minimum gap between two cues."""
    close_gap_frames: Frames | None = None
    """Gaps up to this length are reduced to the minimum."""
    in_time_frames: Frames | None = None
    """How close to a shot change a cue may begin."""
    out_time_frames: Frames | None = None
    """How close to a shot change a cue may end."""
    shot_change_frames: Frames | None = None
    """Distance within which a shot change affects a cue."""
    sentence_silence_ms: Limit | None = None
    """Length of a silence that ends a sentence."""
    uncaptioned_sound_ms: Limit | None = None
    """Length of uncaptioned sound above which there is a warning."""
    description: DescriptionLimits | None = None
    """Different limits for descriptions."""
    severities: Annotated[dict[Rule, Severity], Field(max_length=200)] | None = None
    """Severity by rule."""


class ProfileBody(Body):
    """A quality profile with a client's own limits."""

    base: Literal["netflix", "bbc", "dcmp"]
    """The built-in profile that `limits` override."""
    limits: Limits = Limits()
    """The limits that differ from `base`."""

    def stored(self) -> dict[str, Any]:
        return {"base": self.base, "limits": self.limits.model_dump(exclude_none=True)}


class ProfileOut(Out):
    """A quality profile with a client's own limits."""

    base: str
    """The built-in profile that `limits` override."""
    limits: Limits
    """The limits that differ from `base`."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        return cls(base=stored["base"], limits=Limits.model_validate(stored["limits"]))
