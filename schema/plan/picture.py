"""Which picture may be held: the last clean frame before a cut, never black, never half of a dissolve."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from schema.plan.inputs import PlanInput


@dataclass(frozen=True, slots=True)
class Picture:
    """What `pause_point` looks at, in source ticks.

    A pause at `p` holds the last frame that starts before `p`; the frame that starts at `p` is the first after it.
    """

    cuts: tuple[int, ...] = ()
    """Starts of the first frames of shots."""
    dirty_starts: tuple[int, ...] = ()
    dirty_ends: tuple[int, ...] = ()
    """Disjoint spans (start, end] in which a pause would hold a black or dissolving frame."""
    last: int = 0
    """Start of the last frame: a later pause would have no frame after it."""
    reach: int = 0
    """How far a pause moves to a cut."""

    def clean(self, tick: int) -> bool:
        """Whether a pause at `tick` holds a clean frame."""
        i = bisect_left(self.dirty_starts, tick) - 1
        return i < 0 or tick > self.dirty_ends[i]

    def pause_point(self, low: int, high: int, wish: int) -> int | None:
        """The best pause in [low, high] near `wish`: at the nearest cut in reach, else the nearest clean tick.

        None where every frame of the range is black or dissolving.
        """
        high = min(high, self.last)
        if high < low:
            return None
        wish = min(max(wish, low), high)
        cut = self._nearest_cut(max(low, wish - self.reach), min(high, wish + self.reach), wish)
        if cut is not None:
            return cut
        i = bisect_left(self.dirty_starts, wish) - 1
        if i < 0 or wish > self.dirty_ends[i]:
            return wish
        before, after = self.dirty_starts[i], self.dirty_ends[i] + 1
        near = [tick for tick in (before, after) if low <= tick <= high]
        return min(near, key=lambda tick: (abs(tick - wish), tick), default=None)

    def _nearest_cut(self, low: int, high: int, wish: int) -> int | None:
        inside = self.cuts[bisect_left(self.cuts, low) : bisect_right(self.cuts, high)]
        clean = [cut for cut in inside if self.clean(cut)]
        return min(clean, key=lambda cut: (abs(cut - wish), cut), default=None)


class _Frames:
    """Frame starts in ticks, rounded down so that a pause there is never past its frame."""

    def __init__(self, asked: PlanInput) -> None:
        self._timebase = asked.timebase
        self._offset = asked.picture_start_ms
        self._rate = asked.frame_rate

    def nearest(self, ms: int) -> int:
        """Start of the frame whose start, rounded to milliseconds, is nearest to `ms`."""
        rate = self._timebase.rate
        if self._rate is not None:
            num, den = self._rate
            number = max(0, (2 * (ms - self._offset) * num + 1000 * den) // (2000 * den))
            return number * den * rate // num + self._timebase.to_ticks(self._offset)
        # Half a millisecond down: the true start may have been rounded up.
        return max(0, (2 * ms - 1) * rate // 2000)

    def last(self, duration: int) -> int:
        """Start of the last frame before `duration`."""
        if self._rate is not None and duration > 0:
            num, den = self._rate
            offset = self._timebase.to_ticks(self._offset)
            number = max(0, (duration - offset - 1) * num // (den * self._timebase.rate))
            return min(duration, number * den * self._timebase.rate // num + offset)
        return duration


def read_picture(asked: PlanInput) -> Picture:
    """Cuts and dirty spans of `asked`, on frames where their rate is known."""
    frames = _Frames(asked)
    cuts = {frames.nearest(scene.at_ms) for scene in asked.scenes if scene.kind == "cut"}
    spans = [(span.start_ms, span.end_ms) for span in asked.black]
    spans += [
        (scene.at_ms, scene.until_ms)
        for scene in asked.scenes
        if scene.until_ms is not None and scene.until_ms > scene.at_ms
    ]
    starts: list[int] = []
    ends: list[int] = []
    for start_ms, end_ms in sorted(spans):
        # The programme's first frame is what a pause at 0 holds.
        start = frames.nearest(start_ms) if start_ms > asked.picture_start_ms else -1
        end = max(start, frames.nearest(end_ms))
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return Picture(
        tuple(sorted(cuts)),
        tuple(starts),
        tuple(ends),
        frames.last(asked.duration),
        asked.timebase.to_ticks(asked.profile.cut_reach_ms),
    )
