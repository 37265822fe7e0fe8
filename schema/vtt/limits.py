"""A profile's rules for one language, frame rate and audience, ready to compute with."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from schema.vtt.profiles import Audience, Profile
from schema.vtt.timecode import frames_to_ms


@dataclass(frozen=True, slots=True)
class Limits:
    """Milliseconds and graphemes; frames of the source's rate are rounded up to milliseconds."""

    line: int
    lines: int
    least_ms: int
    most_ms: int
    gap_ms: int
    close_ms: int
    """Up to this a gap is closed: 11 frames at 24 a second, 14 at 30, 28 at 60."""
    early_ms: int
    late_ms: int
    shot_ms: int
    chars_per_second: float | None
    words_per_minute: int | None

    @classmethod
    def of(
        cls,
        profile: Profile,
        language: str,
        rate: Fraction,
        *,
        audience: Audience = "adult",
        sdh: bool = True,
    ) -> Limits:
        return cls(
            line=profile.line_limit(language),
            lines=profile.lines,
            least_ms=profile.least_ms(language),
            most_ms=profile.max_duration_ms,
            gap_ms=frames_to_ms(profile.min_gap_frames, rate),
            close_ms=frames_to_ms(round(profile.close_gap_frames * rate / 24), rate),
            early_ms=frames_to_ms(profile.in_time_frames, rate),
            late_ms=frames_to_ms(profile.out_time_frames, rate),
            shot_ms=frames_to_ms(profile.shot_change_frames, rate),
            chars_per_second=profile.chars_per_second(language, sdh=sdh, audience=audience),
            words_per_minute=profile.words_per_minute(audience),
        )
