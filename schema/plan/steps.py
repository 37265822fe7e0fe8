"""One step of the solver: what a candidate costs after another, and whether it may follow it.

Costs are added as one integer each, whose digits are, from the most significant: cues not heard; holds after what
they describe; holds away from a sentence end; added grid units; speed-up; shift.
"""

from __future__ import annotations

from dataclasses import dataclass

from schema.plan.model import Extend
from schema.plan.task import Candidate, Kind, Limits, Task, stretched

SHIFT = 1
SPEED = SHIFT << 44
UNIT = SPEED << 24
AWAY = UNIT << 28
LATE = AWAY << 20
UNHEARD = LATE << 20

NEVER = 1 << 60
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
    """the ticks that it needs, with all clips that share it;"""
    spoken: int = 0
    """where the last of them ends, in source time had the picture not been held;"""
    room: int = 0
    """and where it has to end at the latest, in source time."""
    chosen: bool = False
    """Whether a person put the last pause there: another of theirs may be as near as they like."""

    def next_pause(self, limits: Limits) -> tuple[int, int]:
        """From when there may be another pause: the planner's, and one that a person chose."""
        free = self.paused + limits.merge
        return free, min(free, self.paused + 1) if self.chosen else free


def first_state() -> State:
    """Nothing taken yet."""
    return State(0, -NEVER, -NEVER, None, None)


def shift_cost(task: Task, start: int) -> int:
    """Ticks away from the in-time; late ones count more, for descriptions come before what they describe."""
    early = task.anchor - start
    return early * SHIFT if early >= 0 else -_LATE_WEIGHT * early * SHIFT


def speed_cost(speed: int) -> int:
    """Of what is played faster than it was spoken. A clip is played slower only where it must be, which costs nothing:
    it is no reason to prefer it either."""
    return max(0, speed - 1000) * SPEED


def enter_inline(task: Task, candidate: Candidate, state: State) -> State:
    cost = state.cost + speed_cost(candidate.speed) + shift_cost(task, candidate.start)
    return State(cost, candidate.exit, state.paused, candidate, state, chosen=state.chosen)


def enter_hold(task: Task, candidate: Candidate, state: State, limits: Limits) -> State | None:
    """A new pause after `state`; None where it cannot follow it."""
    at = candidate.at
    if at < state.exit - limits.clip_gap:
        return None
    if at < state.next_pause(limits)[candidate.chosen]:
        return None
    push = max(0, state.exit - candidate.start)
    start = min(candidate.start + push, at)
    latest = task.anchor + (limits.pause_late if candidate.late else limits.late)
    if push and (task.pinned or start > latest):
        return None
    cost = state.cost + speed_cost(candidate.speed) + shift_cost(task, start)
    if candidate.late:
        cost += LATE
    if not candidate.chosen and candidate.quiet is not None and not candidate.quiet.closes:
        cost += AWAY
    need, spoken = candidate.need + push, candidate.start + push + candidate.length
    exit_at = limits.after_hold(at, spoken, need, spoken - need)
    return State(
        cost + limits.units(need) * UNIT,
        exit_at,
        at,
        candidate,
        state,
        push,
        cost,
        need,
        spoken,
        spoken - need,
        candidate.chosen,
    )


def _opened(task: Task, state: State, limits: Limits) -> Candidate | None:
    """What `state` has in a hold that the cue may share."""
    first = state.candidate
    if first is None or first.kind not in (Kind.HOLD, Kind.JOIN) or task.extend is Extend.NEVER:
        return None
    if first.borrowed and task.pause_at != first.at:
        return None
    if not task.anchor - limits.pause_early <= first.at <= task.anchor + limits.pause_late:
        return None
    return first if task.pause_at in (None, first.at) else None


def enter_shared(task: Task, state: State, limits: Limits) -> State | None:
    """In the hold that the cue before it opened; None where that is not possible."""
    first = _opened(task, state, limits)
    if first is None:
        return None
    at = first.at
    speed = task.speed if task.extend is Extend.ALWAYS else task.top_speed
    length = stretched(task.length, speed)
    # It may begin in the gap before the hold, if that is not too early; else it waits.
    earliest = at if task.extend is Extend.ALWAYS else min(at, task.anchor - limits.early)
    begin = max(state.spoken + limits.clip_gap, earliest)
    need = max(state.need, begin + length - state.room)
    if at <= task.anchor:  # Rather than after the hold, and late.
        need = max(need, begin - task.anchor - limits.late)
    if task.extend is Extend.ALWAYS:
        need = max(need, begin + length - at)  # The picture waits to its end, whatever room follows.
    # It may begin after the hold, where the room goes on; clips that join later only lengthen the hold.
    start = max(at, begin - limits.units(need) * limits.grid)
    if start > task.anchor + limits.pause_late:
        return None
    if task.pinned and not (first.full and at == task.anchor):
        return None  # Beside a clip that plays into its gap, it might begin before the hold or after it.
    exit_at = limits.after_hold(at, begin + length, need, state.room)
    joined = Candidate(
        Kind.JOIN,
        at,
        length,
        speed,
        first.quiet,
        at,
        need - state.need,
        begin - state.spoken,
        at,
        exit_at,
        late=at > task.anchor or start > task.anchor + limits.late,
        full=first.full,
        forced=first.forced,
        chosen=first.chosen or task.pause_at == at,
    )
    cost = state.settled + speed_cost(speed) + shift_cost(task, at) + (LATE if joined.late else 0)
    return State(
        cost + limits.units(need) * UNIT,
        exit_at,
        at,
        joined,
        state,
        0,
        cost,
        need,
        begin + length,
        state.room,
        joined.chosen,
    )


def leave_out(state: State) -> State:
    """The cue is not heard."""
    nothing = Candidate(Kind.NONE, 0, 0, 1000, None)
    return State(state.cost + UNHEARD, state.exit, state.paused, nothing, state, chosen=state.chosen)
