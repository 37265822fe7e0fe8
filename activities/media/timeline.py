"""The render's timeline as stretches: pieces of the source that play on, and the pauses between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from schema.plan.model import Pause


class Stretch(NamedTuple):
    """`length` ticks from `render`; of the source from `source`, or a pause where that is None."""

    render: int
    length: int
    source: int | None
    pause: int | None = None
    """Index of the pause."""


FOREVER = 1 << 60
"""Longer than any programme: the first stretch begins so long ago, and the last has no end of its own."""


class Timeline:
    """Maps source ticks to render ticks and back. Source time may be negative (an encoder's priming)."""

    def __init__(self, pauses: Iterable[Pause]) -> None:
        self.pauses = tuple(sorted(pauses, key=lambda pause: pause.at))
        self._at = [pause.at for pause in self.pauses]
        self._added = [0, *accumulate(pause.ticks for pause in self.pauses)]
        """Ticks of the first 0, 1, 2 … pauses."""
        self.stretches = tuple(self._build())
        self._starts = [stretch.render for stretch in self.stretches]

    def _build(self) -> Iterator[Stretch]:
        source = render = -FOREVER
        for index, pause in enumerate(self.pauses):
            if pause.at > source:
                yield Stretch(render, pause.at - source, source)
            render += pause.at - source
            source = pause.at
            yield Stretch(render, pause.ticks, None, index)
            render += pause.ticks
        yield Stretch(render, 2 * FOREVER, source)

    @property
    def added(self) -> int:
        return self._added[-1]

    def counted(self, rate: int, other: int) -> Timeline:
        """The same in ticks of another rate: rounded from the sums, so that nothing drifts."""
        sums = [round(Fraction(added * other, rate)) for added in self._added]
        return Timeline(
            pause.model_copy(update={"at": round(Fraction(pause.at * other, rate)), "ticks": after - before})
            for pause, before, after in zip(self.pauses, sums, sums[1:], strict=False)
        )

    def to_render(self, source: int, *, held: bool = False) -> int:
        """Where a source tick is heard. At a pause: after it, or with `held` before it."""
        passed = bisect_left(self._at, source) if held else bisect_right(self._at, source)
        return source + self._added[passed]

    def to_source(self, render: int) -> int:
        """The source tick that is shown at a render tick: during a pause, the one that it holds."""
        (stretch,) = self.between(render, render + 1)
        if stretch.source is None:
            assert stretch.pause is not None
            return self._at[stretch.pause]
        return stretch.source

    def pause_start(self, index: int) -> int:
        """Render tick at which a pause begins."""
        return self._at[index] + self._added[index]

    def between(self, start: int, end: int) -> Iterator[Stretch]:
        """The stretches of render time [start, end), cut to it."""
        for stretch in self.stretches[max(0, bisect_right(self._starts, start) - 1) :]:
            first, last = max(start, stretch.render), min(end, stretch.render + stretch.length)
            if first >= end:
                return
            if last > first:
                source = None if stretch.source is None else stretch.source + first - stretch.render
                yield Stretch(first, last - first, source, stretch.pause)

    def time_map(self, duration: int) -> tuple[tuple[int, int, int], ...]:
        """(source, render, length) of what plays on, for a source of `duration` ticks."""
        rows = self.between(0, duration + self.added)
        return tuple((row.source, row.render, row.length) for row in rows if row.source is not None)
