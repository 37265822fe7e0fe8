"""From settled candidates to placements and pauses on the render's timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile

from schema.plan.explain import explain, fit_of, pause_reason, slowed
from schema.plan.ladder import Ladder
from schema.plan.model import Pause, Placement, Timebase
from schema.plan.settle import Settled
from schema.plan.task import Candidate, Kind, Task


@dataclass(slots=True)
class Composed:
    """Placements in the order they are heard, pauses in time order."""

    placements: list[Placement] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    added: int = 0


class Composer:
    """Lays clips and pauses one after another. Joined clips follow at the clip gap; a hold is rounded up once."""

    def __init__(self, ladder: Ladder, timebase: Timebase) -> None:
        self._ladder = ladder
        self._limits = ladder.limits
        self._timebase = timebase
        self._done = Composed()

    def compose(self, settled: Settled) -> Composed:
        """Placements and pauses of all that is heard."""
        heard = [pair for pair in settled if pair[1].kind is not Kind.NONE]
        for i, (task, candidate) in enumerate(heard):
            if candidate.kind is Kind.INLINE:
                self._place(task, candidate, candidate.start + self._done.added, candidate.start, None)
            elif candidate.kind is Kind.HOLD:
                joined = takewhile(lambda pair: pair[1].kind is Kind.JOIN, heard[i + 1 :])
                self._hold([(task, candidate), *joined])
        return self._done

    def _hold(self, group: Settled) -> None:
        """One pause and all clips in it."""
        first, added = group[0][1], self._done.added
        units = self._limits.units(first.need + sum(joined.need for _, joined in group[1:]))
        pause = Pause(
            at=first.at,
            units=units,
            ticks=units * self._limits.grid,
            cue_ids=tuple(task.cue.id for task, _ in group),
            reason=pause_reason(first, first.at, self._ladder),
            forced=first.forced,
        )
        virtual = first.start
        for task, candidate in group:
            virtual += candidate.wait
            source = min(virtual, max(first.at, virtual - pause.ticks))
            self._place(task, candidate, virtual + added, source, pause)
            virtual += candidate.length
        self._done.pauses.append(pause)
        self._done.added += pause.ticks

    def _place(self, task: Task, candidate: Candidate, start: int, source: int, pause: Pause | None) -> None:
        quiet = candidate.quiet
        assert quiet is not None
        held = 0
        if pause is not None:
            begin = pause.at + self._done.added
            held = max(0, min(start + candidate.length, begin + pause.ticks) - max(start, begin))
        fit = fit_of(task, candidate, source, held)
        gap = (quiet.room_start, quiet.room_end)
        if gap[0] > gap[1]:  # No room but the hold's own.
            gap = (candidate.at, candidate.at)
        self._done.placements.append(
            Placement(
                cue_id=task.cue.id,
                cue_index=task.index,
                fit=fit,
                wanted=task.wanted,
                source_start=source,
                start=start,
                length=candidate.length,
                clip_length=task.length,
                speed_permille=candidate.speed,
                gain_mb=task.choice.gain_mb or 0,
                clip_sha256=task.clip.sha256,
                estimated=task.clip.sha256 is None,
                pause_index=None if pause is None else len(self._done.pauses),
                gap_start=gap[0],
                gap_end=gap[1],
                explanation=explain(task, candidate, fit, source, pause, held, self._ladder, self._timebase)
                + slowed(candidate),
            )
        )
