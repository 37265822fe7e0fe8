"""The best plan as a whole: least added time, then least speed-up, then least shift.

A dynamic programme over the cues in order (Viterbi): the state after a cue is the candidate it took. What a later cue
must know of it is from when the next clip may begin, the last pause, and, while that pause can still be shared, how
much of it is needed. A candidate's cost depends on that and on nothing earlier, so keeping the cheapest way into each
state (of an open pause: those ways that no other beats in both cost and need) keeps the cheapest way of all: the
result is optimal over the candidates. One thing is simplified: of two ways into a state the cheaper one says where
the last pause was, which matters only to a pause within `merge_ms` after a clip shorter than that.

Costs are added as one integer each, whose digits are, from the most significant: cues not heard; holds after what
they describe; holds away from a sentence end; added grid units; speed-up; shift. `settle` then uses up what the
candidates' steps left over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schema.plan.model import Extend
from schema.plan.task import Candidate, Kind, Limits, Task, stretched

SHIFT = 1
SPEED = SHIFT << 44
UNIT = SPEED << 24
AWAY = UNIT << 28
LATE = AWAY << 12
UNHEARD = LATE << 12

_NO_PAUSE = -(1 << 60)


@dataclass(slots=True)
class State:
    """One way to have come to a candidate."""

    cost: int
    exit: int
    """Source time from which the next clip may begin."""
    paused: int
    """The last pause so far."""
    candidate: Candidate | None
    before: State | None
    push: int = 0
    """How much later than its candidate a held clip begins, to keep clear of the clip before it."""
    settled: int = 0
    """Of a hold: the cost without its own units, and"""
    need: int = 0
    """the ticks that it needs, with all clips that share it."""


Taken = tuple[Task, Candidate, int]
"""A cue, what it took, and by how many ticks it was pushed."""


def first_state() -> State:
    """Nothing taken yet."""
    return State(0, _NO_PAUSE, _NO_PAUSE, None, None)


def solve(tasks: Sequence[Task], options: Sequence[Sequence[Candidate]], limits: Limits) -> list[Taken]:
    """One candidate a task, cheapest in total; of `Kind.NONE` for what cannot be heard."""
    states = [first_state()]
    for i, task in enumerate(tasks):
        starts = [candidate.start for candidate in options[i + 1]] if i + 1 < len(tasks) else []
        states = _step(task, options[i], states, limits, min(starts, default=1 << 60))
    state: State | None = min(states, key=lambda last: (last.cost, last.exit))
    taken: list[Taken] = []
    for task in reversed(tasks):
        assert state is not None and state.candidate is not None
        taken.append((task, state.candidate, state.push))
        state = state.before
    taken.reverse()
    return taken


def _step(
    task: Task, candidates: Sequence[Candidate], states: list[State], limits: Limits, following: int
) -> list[State]:
    """All states after `task`. `following` is the earliest start of the next one."""
    states.sort(key=lambda state: (state.exit, state.cost))
    exits: list[int] = []
    cheapest: list[State] = []
    for state in states:
        if not cheapest or state.cost < cheapest[-1].cost:
            exits.append(state.exit)
            cheapest.append(state)
    result = []
    for candidate in candidates:
        if candidate.kind is Kind.INLINE:
            found = bisect_right(exits, candidate.start) - 1
            if found >= 0:
                result.append(enter_inline(task, candidate, cheapest[found]))
        else:
            ways = (enter_hold(task, candidate, state, limits) for state in states)
            result += _front(way for way in ways if way is not None)
    shared: dict[tuple[int, int], list[State]] = {}
    for state in states:
        joined = enter_shared(task, state, limits)
        if joined is not None:
            shared.setdefault((joined.paused, joined.exit), []).append(joined)
    for joins in shared.values():
        result += _front(joins)
    # Of the ways that end before the next cue can begin, the cheapest is as good as any.
    result += [leave_out(state) for state in cheapest[max(0, bisect_right(exits, following) - 1) :]]
    return result


def _front(ways: Iterable[State]) -> list[State]:
    """Those that no other beats in both cost and need: a cheaper way may leave less of the hold to share."""
    front: list[State] = []
    for way in sorted(ways, key=lambda state: (state.settled, state.need)):
        if not front or way.need < front[-1].need:
            front.append(way)
    return front


def shift_cost(task: Task, start: int) -> int:
    """Ticks away from the in-time; being late counts twice, for descriptions come before what they describe."""
    early = task.anchor - start
    return early * SHIFT if early >= 0 else -2 * early * SHIFT


def enter_inline(task: Task, candidate: Candidate, state: State) -> State:
    cost = state.cost + (candidate.speed - 1000) * SPEED + shift_cost(task, candidate.start)
    return State(cost, candidate.exit, state.paused, candidate, state)


def enter_hold(task: Task, candidate: Candidate, state: State, limits: Limits) -> State | None:
    """A new pause after `state`; None where it cannot follow it."""
    at = candidate.at
    if at < state.exit - limits.clip_gap:
        return None
    near = at - state.paused
    if near < limits.merge and not (candidate.chosen and near > 0 and _last_chosen(state)):
        return None
    push = max(0, state.exit - candidate.start)
    start = min(candidate.start + push, at)
    if push and (task.pinned or start > task.anchor + limits.late):
        return None
    cost = state.cost + (candidate.speed - 1000) * SPEED + shift_cost(task, start)
    if candidate.late:
        cost += LATE
    if not candidate.chosen and candidate.quiet is not None and not candidate.quiet.closes:
        cost += AWAY
    need = candidate.need + push
    return State(cost + limits.units(need) * UNIT, candidate.exit, at, candidate, state, push, cost, need)


def enter_shared(task: Task, state: State, limits: Limits) -> State | None:
    """In the hold that the cue before it opened; None where that is not possible."""
    first = state.candidate
    if first is None or first.kind not in (Kind.HOLD, Kind.JOIN) or task.extend is Extend.NEVER:
        return None
    at = first.at
    if not task.anchor - limits.pause_early <= at <= task.anchor + limits.late:
        return None
    if (task.pinned and at != task.anchor) or task.pause_at not in (None, at):
        return None
    speed = task.speed if task.extend is Extend.ALWAYS else task.top_speed
    length = stretched(task.shortest, speed)
    if max(at, state.exit - limits.clip_gap - length) > task.anchor + limits.late:
        return None  # It would begin after the hold, where the room goes on.
    joined = Candidate(
        Kind.JOIN,
        at,
        length,
        task.shortest,
        speed,
        first.quiet,
        at,
        limits.clip_gap + length,
        at,
        state.exit,
        late=at > task.anchor,
        full=True,
        forced=first.forced,
        chosen=first.chosen or task.pause_at == at,
    )
    cost = state.settled + (speed - 1000) * SPEED + shift_cost(task, at) + (LATE if joined.late else 0)
    need = state.need + joined.need
    return State(cost + limits.units(need) * UNIT, state.exit, at, joined, state, 0, cost, need)


def leave_out(state: State) -> State:
    """The cue is not heard."""
    nothing = Candidate(Kind.NONE, 0, 0, 0, 1000, None)
    return State(state.cost + UNHEARD, state.exit, state.paused, nothing, state)


def _last_chosen(state: State) -> bool:
    """Whether the last pause was put there by a person."""
    here: State | None = state
    while here is not None and here.candidate is not None:
        if here.candidate.at >= 0:
            return here.candidate.chosen
        here = here.before
    return False
