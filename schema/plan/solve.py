"""The best plan as a whole: least added time, then least speed-up, then least shift.

A dynamic programme over the cues in order: a state after a cue is the candidate that it took. What a later cue must
know of it is from when the next clip may begin, where the last pause was, and, while that pause can still be shared,
how much of it is needed. What a candidate costs and whether it may follow depends on those and on nothing earlier, so
a way that another beats or equals in cost and in each of them can be dropped, and what is left holds the cheapest
way of all: the result is optimal over the candidates.

What is cheapest, `steps` says: least added time, then least speed-up, then least shift. `settle` then uses up what the
candidates' steps left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from schema.plan.steps import NEVER, State, enter_hold, enter_inline, enter_shared, first_state, leave_out
from schema.plan.task import Candidate, Kind, Limits, Task

Taken = tuple[Task, Candidate, int]
"""A cue, what it took, and by how many ticks it was pushed."""


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
    start = pause = NEVER
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
            result += _fronts(ways)
    result += _fronts(enter_shared(task, state, limits) for state in (*states, *borrowed))
    return result + _without(states, limits, ahead)


def _before_inline(
    candidate: Candidate, states: Iterable[State], limits: Limits, next_pause: int
) -> Iterator[State]:
    """The cheapest state that leaves room, and where its last pause may forbid a later one, those after which there
    may be one sooner. `states` are the cheapest first."""
    soonest = (NEVER, NEVER)
    for state in states:
        if state.exit > candidate.start:
            continue
        free_from = state.next_pause(limits)
        if free_from[0] < soonest[0] or free_from[1] < soonest[1]:
            yield state
            soonest = min(soonest[0], free_from[0]), min(soonest[1], free_from[1])
            if soonest[0] <= max(candidate.exit - limits.clip_gap, next_pause):
                return


def _without(states: Iterable[State], limits: Limits, ahead: _Ahead) -> list[State]:
    """The ways to leave a cue out that no other beats in cost, room and pause. `states` are the cheapest first."""
    next_start, next_pause = ahead
    unhindered = min(next_start, next_pause + limits.clip_gap)
    kept: list[tuple[int, int, int]] = []
    result = []
    for state in states:
        earliest = max(state.exit - limits.clip_gap, next_pause)
        free, chosen = (at if at > earliest else 0 for at in state.next_pause(limits))
        exit_at = max(state.exit, unhindered)
        if not any(other[0] <= exit_at and other[1] <= free and other[2] <= chosen for other in kept):
            kept.append((exit_at, free, chosen))
            result.append(leave_out(state))
    return result


def _fronts(ways: Iterable[State | None]) -> Iterator[State]:
    """The fronts of those ways of a hold that are alike in all but cost and need."""
    alike: dict[tuple[int, ...], list[State]] = {}
    for way in ways:
        if way is not None:
            full = way.candidate is not None and way.candidate.full
            key = (way.paused, way.exit, way.room, way.spoken - way.need, way.chosen, full)
            alike.setdefault(key, []).append(way)
    for group in alike.values():
        yield from _front(group)


def _front(ways: list[State]) -> list[State]:
    """Those that no other beats in both cost and need: a cheaper way may leave less of the hold to share."""
    if len(ways) < 2:
        return ways
    front: list[State] = []
    for way in sorted(ways, key=lambda state: (state.settled, state.need)):
        if not front or way.need < front[-1].need:
            front.append(way)
    return front
