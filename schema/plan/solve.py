"""The best plan as a whole: least added time, then least speed-up, then least shift.

A dynamic programme over the cues in order: a state after a cue is the candidate that it took. What a later cue must
know of it is from when the next clip may begin, where the last pause was, and, while that pause can still be shared,
how much of it is needed. What a candidate costs and whether it may follow depends on those and on nothing earlier, so
a way that another beats or equals in cost and in each of them can be dropped, and what is left holds the cheapest
way of all: the result is optimal over the candidates.

Costs are added as one integer each, whose digits are, from the most significant: cues not heard; holds after what
they describe; holds away from a sentence end; added grid units; speed-up; shift. `settle` then uses up what the
candidates' steps left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schema.plan.model import Extend
from schema.plan.task import Candidate, Kind, Limits, Task, stretched

SHIFT = 1
SPEED = SHIFT << 44
UNIT = SPEED << 24
AWAY = UNIT << 28
LATE = AWAY << 12
UNHEARD = LATE << 12

_NEVER = 1 << 60
_LATE_WEIGHT = 4


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
    return State(0, -_NEVER, -_NEVER, None, None)


def solve(tasks: Sequence[Task], options: Sequence[Sequence[Candidate]], limits: Limits) -> list[Taken]:
    """One candidate a task, cheapest in total; of `Kind.NONE` for what cannot be heard."""
    states = [first_state()]
    for task, candidates, ahead in zip(tasks, options, _look_ahead(options), strict=True):
        states = _step(task, candidates, states, limits, ahead)
    state: State | None = min(states, key=lambda last: (last.cost, last.exit))
    taken: list[Taken] = []
    for task in reversed(tasks):
        assert state is not None and state.candidate is not None
        taken.append((task, state.candidate, state.push))
        state = state.before
    taken.reverse()
    return taken


_Ahead = tuple[int, int]
"""The earliest start and the earliest pause of all cues that follow."""


def _look_ahead(options: Sequence[Sequence[Candidate]]) -> list[_Ahead]:
    start = pause = _NEVER
    ahead = []
    for candidates in reversed(options):
        ahead.append((start, pause))
        for candidate in candidates:
            start = min(start, candidate.start)
            if candidate.at >= 0:
                pause = min(pause, candidate.at)
    ahead.reverse()
    return ahead


def _step(
    task: Task, candidates: Sequence[Candidate], states: list[State], limits: Limits, ahead: _Ahead
) -> list[State]:
    """All states after `task`."""
    borrowed = [state for state in states if state.candidate is not None and state.candidate.borrowed]
    states = [state for state in states if state.candidate is None or not state.candidate.borrowed]
    states.sort(key=lambda state: (state.cost, state.exit))
    result = []
    for candidate in candidates:
        if candidate.kind is Kind.INLINE:
            for state in _before_inline(candidate, states, limits, ahead[1]):
                result.append(enter_inline(task, candidate, state))
        else:
            ways = [enter_hold(task, candidate, state, limits) for state in states]
            result += _front([way for way in ways if way is not None])
    shared: dict[tuple[int, int], list[State]] = {}
    for state in (*states, *borrowed):
        joined = enter_shared(task, state, limits)
        if joined is not None:
            shared.setdefault((joined.paused, joined.exit), []).append(joined)
    for joins in shared.values():
        result += _front(joins)
    return result + _without(states, limits, ahead)


def _before_inline(
    candidate: Candidate, states: Iterable[State], limits: Limits, next_pause: int
) -> Iterator[State]:
    """The cheapest state that leaves room, and where its last pause may forbid a later one, those with an
    earlier pause. `states` are the cheapest first."""
    paused = _NEVER
    for state in states:
        if state.exit <= candidate.start and state.paused < paused:
            yield state
            if state.paused + limits.merge <= max(candidate.exit - limits.clip_gap, next_pause):
                return
            paused = state.paused


def _without(states: Iterable[State], limits: Limits, ahead: _Ahead) -> list[State]:
    """The ways to leave a cue out that no other beats in cost, room and pause. `states` are the cheapest first."""
    next_start, next_pause = ahead
    unhindered = min(next_start, next_pause + limits.clip_gap)
    kept: list[tuple[int, int, State]] = []
    for state in states:
        exit_at = max(state.exit, unhindered)
        free_from = state.paused + limits.merge
        if free_from <= max(state.exit - limits.clip_gap, next_pause):
            free_from = 0
        if not any(other[0] <= exit_at and other[1] <= free_from for other in kept):
            kept.append((exit_at, free_from, state))
    return [leave_out(state) for _, _, state in kept]


def _front(ways: list[State]) -> list[State]:
    """Those that no other beats in both cost and need: a cheaper way may leave less of the hold to share."""
    if len(ways) < 2:
        return ways
    front: list[State] = []
    for way in sorted(ways, key=lambda state: (state.settled, state.need)):
        if not front or way.need < front[-1].need:
            front.append(way)
    return front


def shift_cost(task: Task, start: int) -> int:
    """Ticks away from the in-time; late ones count more, for descriptions come before what they describe."""
    early = task.anchor - start
    return early * SHIFT if early >= 0 else -_LATE_WEIGHT * early * SHIFT


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
    latest = task.anchor + (limits.pause_late if candidate.late else limits.late)
    if push and (task.pinned or start > latest):
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
    if first.borrowed and task.pause_at != at:
        return None
    if not task.anchor - limits.pause_early <= at <= task.anchor + limits.pause_late:
        return None
    if task.pause_at not in (None, at):
        return None
    speed = task.speed if task.extend is Extend.ALWAYS else task.top_speed
    length = stretched(task.shortest, speed)
    # It may begin after the hold, where the room goes on.
    latest = max(at, state.exit - limits.clip_gap - length)
    if latest > task.anchor + limits.pause_late or (task.pinned and not at == latest == task.anchor):
        return None
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
