"""The best plan as a whole: least added time, then least speed-up, then least shift.

A dynamic programme over the cues in order (Viterbi): the state after a cue is the candidate it took, and what a
later cue must know of it is two numbers, the source time from which the next clip may begin and the last pause. A
candidate's cost depends on the candidate before it and on nothing earlier, so keeping the cheapest way into each
state keeps the cheapest way of all: the result is optimal over the candidates. Costs are added as one integer each
whose digits are, from the most significant: cues not heard; holds after what they describe or away from a sentence
end; added grid units; speed-up; shift. `settle` then uses up what the candidates' steps left over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from schema.plan.ladder import Ladder
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
    """The cheapest way to have taken `candidate`. `push` is how much later than its candidate it begins."""

    cost: int
    exit: int
    paused: int
    """The last pause so far."""
    candidate: Candidate | None
    before: State | None
    push: int = 0


Taken = tuple[Task, Candidate, int]
"""A cue, what it took, and by how many ticks it was pushed."""


def shift_cost(task: Task, start: int) -> int:
    """Ticks away from the in-time; being late counts twice, for descriptions come before what they describe."""
    early = task.anchor - start
    return early if early >= 0 else -2 * early


def solve(tasks: Sequence[Task], options: Sequence[Sequence[Candidate]], ladder: Ladder) -> list[Taken]:
    """One candidate a task, cheapest in total. `Kind.NONE` for what cannot be heard."""
    limits = ladder.limits
    states = [State(0, _NO_PAUSE, _NO_PAUSE, None, None)]
    for i, task in enumerate(tasks):
        following = min((c.start for c in options[i + 1]), default=0) if i + 1 < len(tasks) else 0
        states = _step(task, options[i], states, limits, following)
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
                before = cheapest[found]
                cost = before.cost + inline_cost(task, candidate)
                result.append(State(cost, candidate.exit, before.paused, candidate, before))
        else:
            held = _enter_hold(task, candidate, states, limits)
            if held is not None:
                result.append(held)
    result += _joins(task, states, limits)
    result += _unheard(states, exits, cheapest, following)
    return result


def inline_cost(task: Task, candidate: Candidate) -> int:
    return (candidate.speed - 1000) * SPEED + shift_cost(task, candidate.start) * SHIFT


def push_of(task: Task, candidate: Candidate, state: State, limits: Limits) -> int | None:
    """How many ticks later a held clip must begin after `state`; None where it cannot follow it."""
    if candidate.at < state.exit - limits.clip_gap:
        return None
    near = candidate.at - state.paused
    if near < limits.merge and not (candidate.chosen and near > 0 and _last_chosen(state)):
        return None
    push = max(0, state.exit - candidate.start)
    if push and (task.pinned or min(candidate.start + push, candidate.at) > task.anchor + limits.late):
        return None
    return push


def hold_cost(task: Task, candidate: Candidate, push: int, limits: Limits) -> int:
    cost = limits.units(candidate.need + push) * UNIT
    cost += (candidate.speed - 1000) * SPEED
    cost += shift_cost(task, min(candidate.start + push, candidate.at)) * SHIFT
    if candidate.late:
        cost += LATE
    if not candidate.chosen and candidate.quiet is not None and not candidate.quiet.closes:
        cost += AWAY
    return cost


def _enter_hold(task: Task, candidate: Candidate, states: list[State], limits: Limits) -> State | None:
    best: State | None = None
    for state in states:
        if best is not None and state.cost >= best.cost:
            continue
        push = push_of(task, candidate, state, limits)
        if push is None:
            continue
        cost = state.cost + hold_cost(task, candidate, push, limits)
        if best is None or cost < best.cost:
            best = State(cost, candidate.exit, candidate.at, candidate, state, push)
    return best


def _last_chosen(state: State) -> bool:
    """Whether the last pause was put there by a person."""
    here: State | None = state
    while here is not None and here.candidate is not None:
        if here.candidate.at >= 0:
            return here.candidate.chosen
        here = here.before
    return False


def join_candidate(task: Task, state: State, limits: Limits) -> Candidate | None:
    """The cue in the hold that the one before it opened; None where that is not possible."""
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
    return Candidate(
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
        chosen=first.chosen,
    )


def join_cost(task: Task, candidate: Candidate, limits: Limits) -> int:
    units = -(-candidate.need // limits.grid)
    late = LATE if candidate.late else 0
    return units * UNIT + (candidate.speed - 1000) * SPEED + shift_cost(task, candidate.at) * SHIFT + late


def _joins(task: Task, states: list[State], limits: Limits) -> list[State]:
    best: dict[tuple[int, int], State] = {}
    for state in states:
        candidate = join_candidate(task, state, limits)
        if candidate is None:
            continue
        cost = state.cost + join_cost(task, candidate, limits)
        key = (candidate.at, state.exit)
        if key not in best or cost < best[key].cost:
            best[key] = State(cost, state.exit, candidate.at, candidate, state)
    return list(best.values())


def _unheard(states: list[State], exits: list[int], cheapest: list[State], following: int) -> list[State]:
    """The ways to leave a cue out: one for all that end before the next cue can begin, then the cheaper ones."""
    first = max(0, bisect_right(exits, following) - 1)
    nothing = Candidate(Kind.NONE, 0, 0, 0, 1000, None)
    return [State(s.cost + UNHEARD, s.exit, s.paused, nothing, s) for s in cheapest[first:]]
