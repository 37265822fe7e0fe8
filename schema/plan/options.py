"""The candidates of every cue: one where it is on its own and fits, all rungs where cues compete for room."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from schema.plan.ladder import Ladder
from schema.plan.model import Extend
from schema.plan.task import Candidate, Limits, Task

_BESIDE = 6
"""How many places beside its neighbours are tried for a cue, the nearest to its in-time first."""
_LEFT_OUT = 3
"""How many cues in a row are neighbours, where some may be left out."""


def make_options(tasks: Sequence[Task], ladder: Ladder) -> list[list[Candidate]]:
    """Candidates in the order of `tasks`.

    Cues whose reach does not overlap cannot influence each other. In a run of cues that do, all have every
    rung as soon as one of them does not fit as it is; else each has just that.
    """
    options: list[list[Candidate]] = []
    easy = [ladder.easy(task) for task in tasks]
    first = 0
    for last in range(len(tasks)):
        if last + 1 < len(tasks) and _reach_end(tasks[last], ladder.limits) >= _reach_start(
            tasks[last + 1], ladder.limits
        ):
            continue
        options += _of_run(tasks[first : last + 1], easy[first : last + 1], ladder)
        first = last + 1
    return options


def _of_run(tasks: Sequence[Task], easy: Sequence[Candidate | None], ladder: Ladder) -> list[list[Candidate]]:
    fitting = [candidate for candidate in easy if candidate is not None]
    apart = all(a.exit <= b.start for a, b in itertools.pairwise(fitting))
    if len(fitting) == len(tasks) and apart and all(c.speed == 1000 for c in fitting):
        return [[candidate] for candidate in fitting]
    options = [list(ladder.inline(task)) for task in tasks]
    _add_neighbours(tasks, options, ladder)
    for i, (task, candidates) in enumerate(zip(tasks, options, strict=True)):
        candidates.extend(ladder.holds(task))
        if i + 1 < len(tasks):
            candidates.extend(_of_next(task, tasks[i + 1], ladder))
    return options


def _of_next(task: Task, following: Task, ladder: Ladder) -> Iterator[Candidate]:
    """The pause point that a person chose for the next cue, since closer neighbours merge."""
    at, limits = following.pause_at, ladder.limits
    if at is None or task.pause_at is not None or task.pinned or following.extend is Extend.NEVER:
        return
    if task.anchor - limits.pause_early <= at <= task.anchor + limits.late:
        for held in ladder.chosen_holds(task, at):
            held.borrowed = True
            yield held


def _add_neighbours(tasks: Sequence[Task], options: list[list[Candidate]], ladder: Ladder) -> None:
    """Places right before what follows and right after what goes before, so that clips can stand in a row."""
    gap = ladder.limits.clip_gap
    # Without holds some cues may be left out, and then others are neighbours, and the row matters most.
    without = any(task.extend is Extend.NEVER for task in tasks)
    near, most = (_LEFT_OUT, 4 * _BESIDE) if without else (1, _BESIDE)
    for i in range(len(tasks) - 2, -1, -1):
        ends = {c.start - gap for following in options[i + 1 : i + 1 + near] for c in following}
        nearest = _nearest(ends, tasks[i].anchor + tasks[i].length, most)
        options[i] += [c for end in nearest for c in ladder.inline_at(tasks[i], end, ends=True)]
    row = 0
    for i, task in enumerate(tasks):
        exits = {c.exit for before in options[max(0, i - near) : i] for c in before}
        starts = [row, *_nearest(exits, task.anchor, most)]
        options[i] += [c for start in starts for c in ladder.inline_at(task, start)]
        row = min((c.exit for c in options[i] if c.start >= row), default=row)
    for i, candidates in enumerate(options):
        distinct = {(c.start, c.speed): c for c in reversed(candidates)}
        options[i] = [distinct[key] for key in sorted(distinct)]


def _nearest(ticks: set[int], wish: int, most: int) -> list[int]:
    return sorted(ticks, key=lambda tick: (abs(tick - wish), tick))[:most]


def _reach_start(task: Task, limits: Limits) -> int:
    back = limits.early if task.extend is Extend.NEVER else limits.pause_early
    start = task.anchor - back - limits.merge
    return start if task.pause_at is None else min(start, task.pause_at - limits.merge)


def _reach_end(task: Task, limits: Limits) -> int:
    end = task.anchor + limits.pause_late + task.length + limits.clip_gap
    return end if task.pause_at is None else max(end, task.pause_at)
