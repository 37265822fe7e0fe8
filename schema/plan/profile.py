"""The numbers a plan keeps to: data, so that a client's own profile is another instance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from schema.vtt.profiles import Profile


@dataclass(frozen=True, slots=True)
class PlanProfile:
    """Times are milliseconds, speeds are thousandths, rates are words a minute."""

    margin_ms: int = 200
    """A gap begins and ends this far from speech."""
    clip_gap_ms: int = 300
    """Quiet between two descriptions."""
    max_early_ms: int = 3_000
    """How far before its in-time a description may begin."""
    max_late_ms: int = 1_000
    pause_early_ms: int = 6_000
    """How far before what it describes the picture may be held,"""
    pause_late_ms: int = 3_000
    """and how far after, where there is nothing before."""
    max_speed_permille: int = 1_200
    """The planner's limit; a person may go to 1,400."""
    min_speed_permille: int = 850
    """As slow as the planner plays a clip so that a voice that is too fast keeps to `rate_blocking_wpm`."""
    min_hold_ms: int = 500
    merge_ms: int = 1_000
    """Pauses closer than this become one."""
    word_quiet_ms: int = 250
    """A word boundary with less quiet is no pause point, unless a sentence ends there."""
    sentence_silence_ms: int = 700
    """Ends a sentence where the words carry no punctuation."""
    long_silence_ms: int = 2_000
    """Ends a sentence in any case: the speaker has stopped."""
    cut_reach_ms: int = 1_000
    """A pause moves this far to sit on the last frame before a cut."""
    rate_target_wpm: int = 160
    rate_warning_wpm: int = 180
    rate_blocking_wpm: int = 200
    rate_from_words: int = 4
    """The rate of fewer words says nothing."""

    def with_rules(self, quality: Profile) -> PlanProfile:
        """These numbers with what a quality profile says of descriptions and of sentences."""
        return replace(
            self,
            sentence_silence_ms=quality.sentence_silence_ms,
            rate_target_wpm=quality.description.words_per_minute_target,
            rate_warning_wpm=quality.description.words_per_minute_warning,
            rate_blocking_wpm=quality.description.words_per_minute_blocking,
        )


NETFLIX = PlanProfile()
