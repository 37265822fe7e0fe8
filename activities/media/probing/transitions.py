"""Where one shot becomes another, from pictures reduced to 64 x 36: cuts, dissolves, fades, and black.

Everything is decided within a window of three seconds, so memory does not grow with the film.

- A *cut* is a step far above the steps around it that does not come back (a flash does).
- A *dissolve* mixes two pictures in growing parts. Each value then moves straight from one to the other, so the
  sum of the steps is the distance of the ends, which motion never achieves, and the ends are unlike each other, which
  a slow pan does not achieve in the same time (after the linear model of Zhang, Kankanhalli and Smoliar, 1993, and
  of Bescós, 2000). A *fade* is one whose one end is a single colour. A frame that is half of each shot, as frame rate
  conversion leaves at a cut, is the shortest of dissolves.
- *Black* is a picture with nothing in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schema.contracts.media import SceneChange, Span

WIDTH, HEIGHT = 64, 36

_NEIGHBOURS = 8
"""A cut stands out from so many steps on each side."""
_CUT_STEP, _CUT_RATIO, _CUT_ALONE = 4.0, 3.5, 1.4
"""The least step of a cut; how far it is above the usual one, and above each of the two on either side."""
_WINDOWS_S = (0.0, 0.16, 0.32, 0.64, 1.2, 2.0, 3.0)
"""Lengths in which a dissolve is looked for; the first is two steps."""
_STRAIGHT, _ALIKE = 0.72, 0.6
_DISTANCE = 10.0
_ABOVE_MOTION = 1.3
_FLAT = 6.0
"""Standard deviation of a picture of a single colour."""
_BLACK, _LIT = 32, 60
"""Luma, where 16 is black and 235 white (ITU-R BT.601 and later)."""

Planes = NDArray[np.uint8]


@dataclass(slots=True)
class _Seen:
    at_ms: int
    luma: NDArray[np.float32]
    color: NDArray[np.float32]
    step: float = 0.0
    """Mean distance to the picture before."""
    luma_step: float = 0.0
    number: int = 0


@dataclass
class _Gradual:
    first: int
    last: int
    start_ms: int
    end_ms: int
    fade: bool
    distance: float


class TransitionFinder:
    """Feed it every picture in order, then `finish`."""

    def __init__(self, frames_per_s: float) -> None:
        lengths = {max(2, round(seconds * frames_per_s)) for seconds in _WINDOWS_S}
        self._lengths = sorted(lengths)
        self._seen: list[_Seen] = []
        self._keep = self._lengths[-1] + 2 * _NEIGHBOURS + 3
        self._changes: list[SceneChange] = []
        self._gradual: list[_Gradual] = []
        self._black: list[Span] = []
        self._black_since: int | None = None

    def add(self, at_ms: int, planes: Planes) -> None:
        """`planes` is YUV 4:4:4, uint8, of shape (3, HEIGHT, WIDTH), video range."""
        new = _Seen(at_ms, planes[0].astype(np.float32).ravel(), planes[1:].astype(np.float32).ravel())
        if self._seen:
            before = self._seen[-1]
            new.luma_step = _distance(before.luma, new.luma)
            new.step = new.luma_step + _distance(before.color, new.color)
            new.number = before.number + 1
        if len(self._seen) > 2 * self._keep:
            del self._seen[: self._keep]
        self._seen.append(new)
        self._look_for_black(at_ms, new.luma)
        self._look_for_cut(_NEIGHBOURS)
        self._look_for_dissolve(_NEIGHBOURS)

    def finish(self, end_ms: int) -> tuple[tuple[SceneChange, ...], tuple[Span, ...]]:
        """Scene changes in time order, and black spans. `end_ms` is where the last picture ends."""
        for after in range(min(_NEIGHBOURS, len(self._seen)) - 1, 0, -1):
            self._look_for_cut(after)
            self._look_for_dissolve(after)
        self._look_for_dissolve(0)
        if self._black_since is not None:
            self._black.append(Span(start_ms=self._black_since, end_ms=max(end_ms, self._black_since + 1)))
        gradual = [
            SceneChange(
                at_ms=found.start_ms,
                until_ms=found.end_ms,
                kind="fade" if found.fade else "dissolve",
                score=round(min(1.0, found.distance / 64), 3),
            )
            for found in self._gradual
        ]
        cuts = [cut for cut in self._changes if not any(_inside(cut.at_ms, span) for span in self._gradual)]
        return tuple(sorted([*cuts, *gradual], key=lambda change: change.at_ms)), tuple(self._black)

    def _look_for_black(self, at_ms: int, luma: NDArray[np.float32]) -> None:
        black = float(luma.max()) < _LIT and float((luma < _BLACK).mean()) >= 0.98
        if black and self._black_since is None:
            self._black_since = at_ms
        elif not black and self._black_since is not None:
            self._black.append(Span(start_ms=self._black_since, end_ms=at_ms))
            self._black_since = None

    def _look_for_cut(self, after: int) -> None:
        """Judge the picture that has `after` others behind it by now."""
        at = len(self._seen) - 1 - after
        if at < 1:
            return
        seen = self._seen
        this = seen[at]
        if this.step < _CUT_STEP:
            return
        around = [near.step for near in (*seen[max(1, at - _NEIGHBOURS) : at], *seen[at + 1 :])]
        beside = [near.step for near in (*seen[max(1, at - 2) : at], *seen[at + 1 : at + 3])]
        if around and this.step < max(_CUT_RATIO * _typical(around), _CUT_ALONE * max(beside)):
            return
        if self._comes_back(at):
            return
        self._changes.append(
            SceneChange(at_ms=this.at_ms, kind="cut", score=round(min(1.0, this.step / 64), 3))
        )

    def _comes_back(self, at: int) -> bool:
        """Whether the step into `at` begins or ends a flash: within four pictures it is as it was."""
        seen = self._seen
        pairs = [(at - 1, min(len(seen) - 1, at + 3)), *((at, at - 1 - back) for back in range(1, 5))]
        return any(
            _distance(seen[a].luma, seen[b].luma) + _distance(seen[a].color, seen[b].color)
            < 0.5 * seen[at].step
            for a, b in pairs
            if b >= 0 and a != b
        )

    def _look_for_dissolve(self, after: int) -> None:
        """Judge the windows that end at the picture that has `after` others behind it by now."""
        seen, end = self._seen, len(self._seen) - 1 - after
        for length in self._lengths:
            start = end - length
            if start < 0:
                return
            distance = _distance(seen[start].luma, seen[end].luma)
            if distance < _DISTANCE or distance < _STRAIGHT * self._way(start, end):
                continue
            flat = min(float(seen[start].luma.std()), float(seen[end].luma.std())) < _FLAT
            if not flat and _likeness(seen[start].luma, seen[end].luma) > _ALIKE:
                continue
            mixed = self._mixed(start, end)
            if mixed and (flat or not self._moves_around(*mixed)):
                self._mark(seen[mixed[0]], seen[mixed[1]], flat, distance)

    def _way(self, start: int, end: int) -> float:
        """The sum of at most eight steps from picture to picture: more would add up noise."""
        stops = sorted({start + (end - start) * part // 8 for part in range(9)})
        pictures = [self._seen[stop].luma for stop in stops]
        return sum(_distance(a, b) for a, b in pairwise(pictures))

    def _mixed(self, start: int, end: int) -> tuple[int, int] | None:
        """First mixed picture and first clean one after, of the steps in (start, end]; None for a cut or two moves."""
        steps = [self._seen[at].luma_step for at in range(start + 1, end + 1)]
        largest, total = max(steps), sum(steps)
        if largest > (0.75 if len(steps) == 2 else 0.5) * total:
            return None
        calm = min(self._around(start + 1, end))
        more = [step - calm for step in steps]
        large = [number for number, step in enumerate(more) if step >= 0.3 * max(more)]
        if len(large) < 2 or any(b - a > 3 for a, b in pairwise(large)):
            return None
        return start + 1 + large[0], start + 1 + large[-1]

    def _moves_around(self, first: int, last: int) -> bool:
        """Whether the pictures on either side change as fast: motion, and not a mix of two shots."""
        inside = sum(self._seen[at].luma_step for at in range(first, last + 1)) / (last - first + 1)
        return inside < _ABOVE_MOTION * max(self._around(first, last))

    def _around(self, first: int, last: int) -> list[float]:
        """The usual step before `first` and after `last`, of the sides that exist."""
        before = [seen.luma_step for seen in self._seen[max(1, first - _NEIGHBOURS) : first]]
        behind = [seen.luma_step for seen in self._seen[last + 1 : last + 1 + _NEIGHBOURS]]
        return [_typical(side) for side in (before, behind) if len(side) > 1] or [0.0]

    def _mark(self, first: _Seen, last: _Seen, fade: bool, distance: float) -> None:
        """The pictures from `first` up to `last` are mixed. The last one already is the new shot."""
        span = _Gradual(first.number, last.number, first.at_ms, last.at_ms, fade, distance)
        while self._gradual and self._gradual[-1].last >= span.first - 1:
            old = self._gradual.pop()
            stronger = old if old.distance >= span.distance else span
            span = _Gradual(
                min(old.first, span.first),
                max(old.last, span.last),
                min(old.start_ms, span.start_ms),
                max(old.end_ms, span.end_ms),
                stronger.fade,
                stronger.distance,
            )
        self._gradual.append(span)


def _inside(at_ms: int, span: _Gradual) -> bool:
    return span.start_ms <= at_ms <= span.end_ms


def _distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Mean absolute difference; written for speed, for it is called a dozen times a picture."""
    between = a - b
    np.abs(between, out=between)
    return float(np.add.reduce(between)) / len(between)


def _typical(steps: list[float]) -> float:
    """The mean without the largest, so that a second cut nearby does not hide the first."""
    return (sum(steps) - max(steps)) / max(1, len(steps) - 1)


def _likeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Correlation of two pictures; 1 for two of a single colour."""
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 1e-6 else 1.0
