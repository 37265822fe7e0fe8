"""When captions come and go: lengths, gaps, words and shot changes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from schema.findings import Fix
from schema.vtt.cues import Cue
from schema.vtt.limits import Limits
from schema.vtt.quality.report import Report
from schema.vtt.text import has_letters
from schema.vtt.timecode import ms_to_frames
from schema.vtt.words import Word


@dataclass(frozen=True, slots=True)
class Timing:
    """The limits in milliseconds, and what is heard and seen."""

    rate: Fraction
    limits: Limits
    cuts: tuple[int, ...]
    on_cut: frozenset[int]
    words: tuple[Word, ...]
    middles: tuple[int, ...]

    @classmethod
    def of(cls, limits: Limits, rate: Fraction, cuts: Sequence[int], words: Sequence[Word]) -> Timing:
        heard = tuple(sorted(words, key=lambda word: word.start_ms + word.end_ms))
        return cls(
            rate=rate,
            limits=limits,
            cuts=tuple(sorted(cuts)),
            on_cut=frozenset(cuts),
            words=heard,
            middles=tuple((word.start_ms + word.end_ms) // 2 for word in heard),
        )

    def spoken(self, cue: Cue) -> tuple[Word, ...]:
        """The words whose middle lies in the cue."""
        return self.words[bisect_left(self.middles, cue.start_ms) : bisect_left(self.middles, cue.end_ms)]

    def frames(self, ms: int) -> float:
        return round(float(ms_to_frames(ms, self.rate)), 1)


def check_timing(report: Report, cues: Sequence[Cue], timing: Timing) -> None:
    for index, cue in enumerate(cues):
        if cue.duration_ms <= 0:
            continue
        before = cues[index - 1] if index else None
        after = cues[index + 1] if index + 1 < len(cues) else None
        _check_length(report, index, cue, after, timing)
        if after is not None:
            _check_gap(report, index, cue, after, timing)
        spoken = timing.spoken(cue) if has_letters(cue.plain) else ()
        if spoken:
            _check_words(report, index, cue, after, spoken, timing)
        _check_shots(report, index, (before, cue, after), spoken, timing)


def _check_length(report: Report, index: int, cue: Cue, after: Cue | None, timing: Timing) -> None:
    length = cue.duration_ms
    if length < timing.limits.least_ms:
        end = cue.start_ms + timing.limits.least_ms
        free = after is None or end <= after.start_ms - timing.limits.gap_ms
        fix = Fix(end_ms=end) if free else None
        message = f"The cue lasts {length} ms; {timing.limits.least_ms} are the least."
        report.add(
            "min_duration", message, index, cue, measured=length, limit=timing.limits.least_ms, fix=fix
        )
    elif length > timing.limits.most_ms:
        message = f"The cue lasts {length / 1000:.1f} s; {timing.limits.most_ms / 1000:g} are the most."
        report.add("max_duration", message, index, cue, measured=length, limit=timing.limits.most_ms)


def _check_gap(report: Report, index: int, cue: Cue, after: Cue, timing: Timing) -> None:
    gap = after.start_ms - cue.end_ms
    end = after.start_ms - timing.limits.gap_ms
    least = report.profile.min_gap_frames
    if gap < timing.limits.gap_ms:
        fix = Fix(end_ms=end) if end - cue.start_ms >= timing.limits.least_ms else None
        if gap < 0:
            message = f"The cue overlaps the next by {-gap} ms."
            report.add("overlap", message, index, cue, measured=-gap, limit=0, fix=fix)
        else:
            frames = timing.frames(gap)
            message = f"{frames:g} frames to the next cue; {least} are the least."
            report.add("min_gap", message, index, cue, measured=frames, limit=least, fix=fix)
    elif end - cue.start_ms > timing.limits.most_ms:
        return  # a cue that is as long as it may be cannot close it
    elif timing.limits.gap_ms < gap <= timing.limits.close_ms and timing.frames(gap) > least + 0.5:
        frames = timing.frames(gap)
        message = f"A gap of {frames:g} frames flickers; close it to {least}."
        report.add("close_gap", message, index, cue, measured=frames, limit=least, fix=Fix(end_ms=end))


def _check_words(
    report: Report, index: int, cue: Cue, after: Cue | None, spoken: Sequence[Word], timing: Timing
) -> None:
    first, last = spoken[0], spoken[-1]
    off = abs(cue.start_ms - first.start_ms)
    if off > timing.limits.early_ms and cue.start_ms not in timing.on_cut:
        frames, limit = timing.frames(off), report.profile.in_time_frames
        side = "before" if cue.start_ms < first.start_ms else "after"
        message = f"The cue begins {frames:g} frames {side} its first word; {limit} are the most."
        report.add(
            "in_time", message, index, cue, measured=frames, limit=limit, fix=Fix(start_ms=first.start_ms)
        )
    late = cue.end_ms - last.end_ms
    closed = after is not None and 0 <= after.start_ms - cue.end_ms <= timing.limits.gap_ms
    on_shot = cue.end_ms + timing.limits.gap_ms in timing.on_cut
    if late > timing.limits.late_ms and not (closed or on_shot) and cue.duration_ms > timing.limits.least_ms:
        frames, limit = timing.frames(late), report.profile.out_time_frames
        message = f"The cue stays {frames:g} frames after its last word; {limit} are the most."
        end = max(last.end_ms + timing.limits.late_ms, cue.start_ms + timing.limits.least_ms)
        report.add("out_time", message, index, cue, measured=frames, limit=limit, fix=Fix(end_ms=end))


def _check_shots(
    report: Report,
    index: int,
    around: tuple[Cue | None, Cue, Cue | None],
    spoken: Sequence[Word],
    timing: Timing,
) -> None:
    before, cue, after = around
    limit = report.profile.shot_change_frames
    at = bisect_right(timing.cuts, cue.start_ms) - 1
    earliest = before.end_ms + timing.limits.gap_ms if before else 0
    if at >= 0 and max(earliest, cue.start_ms - timing.limits.shot_ms) <= timing.cuts[at] < cue.start_ms:
        cut = timing.cuts[at]
        frames = timing.frames(cue.start_ms - cut)
        message = f"The cue begins {frames:g} frames after a shot change; begin on it."
        report.add("shot_change", message, index, cue, measured=frames, limit=limit, fix=Fix(start_ms=cut))
    spoken_until = spoken[-1].end_ms if spoken else cue.start_ms + timing.limits.least_ms
    at = bisect_left(
        timing.cuts, max(spoken_until + timing.limits.gap_ms, cue.end_ms - timing.limits.shot_ms)
    )
    if at == len(timing.cuts) or timing.cuts[at] > cue.end_ms + timing.limits.shot_ms:
        return
    end = timing.cuts[at] - timing.limits.gap_ms
    if after is not None and end > max(cue.end_ms, after.start_ms - timing.limits.gap_ms):
        return
    if abs(cue.end_ms - end) > 1 and end - cue.start_ms >= timing.limits.least_ms:
        frames = timing.frames(cue.end_ms - timing.cuts[at])
        message = f"The cue ends {abs(frames):g} frames from a shot change; end {report.profile.min_gap_frames} before it."
        report.add("shot_change", message, index, cue, measured=abs(frames), limit=limit, fix=Fix(end_ms=end))
