"""From the solver's steps to the tick: what they left over goes back to slower speech and truer times.

Never adds time, never speeds up, never moves a clip further from its in-time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from schema.plan.model import Extend
from schema.plan.solve import Taken
from schema.plan.steps import NEVER
from schema.plan.task import Candidate, Kind, Limits, Task, speed_for, stretched

Settled = list[tuple[Task, Candidate]]


def settle(taken: Sequence[Taken], limits: Limits) -> Settled:
    """Apply the pushes, then give every clip what room is left around it, in order."""
    settled = [
        (task, replace(candidate, start=candidate.start + push, need=candidate.need + push))
        if candidate.kind is Kind.HOLD
        else (task, replace(candidate))
        for task, candidate, push in taken
    ]
    heard = [pair for pair in settled if pair[1].kind is not Kind.NONE]
    exit_before = 0
    for i, (task, candidate) in enumerate(heard):
        following = next((c for _, c in heard[i + 1 :] if c.kind is not Kind.JOIN), None)
        if candidate.kind is Kind.INLINE:
            _settle_inline(task, candidate, exit_before, following, limits)
        elif candidate.kind is Kind.HOLD and not (i + 1 < len(heard) and heard[i + 1][1].kind is Kind.JOIN):
            # A slower first clip would make those that share its hold late.
            _settle_hold(task, candidate, exit_before, following, limits)
        elif i + 1 == len(heard) or heard[i + 1][1].kind is not Kind.JOIN:
            first = max(n for n in range(i) if heard[n][1].kind is Kind.HOLD)
            _settle_last(heard[first : i + 1], following, limits)
        exit_before = candidate.exit
    return settled


def _latest_end(following: Candidate | None, limits: Limits) -> int:
    """When a clip must have ended for the one that follows, in source time."""
    if following is None:
        return NEVER
    end = following.start - limits.clip_gap
    return min(end, following.at) if following.kind is Kind.HOLD else end


def _settle_inline(
    task: Task, candidate: Candidate, exit_before: int, following: Candidate | None, limits: Limits
) -> None:
    assert candidate.quiet is not None
    end = min(candidate.quiet.room_end, _latest_end(following, limits))
    low = candidate.start if task.pinned else max(candidate.low, exit_before)
    end = max(end, candidate.start + candidate.length)
    speed = max(task.speed, speed_for(task.length, end - low))
    if speed < candidate.speed:
        candidate.speed = speed
        candidate.length = stretched(task.length, speed)
    if not task.pinned:
        candidate.start = max(low, min(max(task.anchor, low), end - candidate.length))
    candidate.exit = candidate.start + candidate.length + limits.clip_gap


def _settle_hold(
    task: Task, candidate: Candidate, exit_before: int, following: Candidate | None, limits: Limits
) -> None:
    """Use the whole units: as slow as they allow, then as near to the in-time."""
    assert candidate.quiet is not None
    held = limits.units(candidate.need) * limits.grid
    spoken = candidate.start + candidate.length
    end = max(spoken - held, min(spoken - candidate.need, _latest_end(following, limits)))
    inside = candidate.full or candidate.start > candidate.at
    low = candidate.start if inside or task.pinned else max(candidate.low, exit_before)
    speed = max(task.speed, speed_for(task.length, held + end - low))
    if speed < candidate.speed:
        length = stretched(task.length, speed)
        candidate.need += length - candidate.length
        candidate.speed, candidate.length = speed, length
    if not (inside or task.pinned):
        wish = max(low, min(task.anchor, candidate.at, held + end - candidate.length))
        candidate.need += wish - candidate.start
        candidate.start = wish
    candidate.exit = max(candidate.at, candidate.start + candidate.length - held + limits.clip_gap)


def _settle_last(group: Settled, following: Candidate | None, limits: Limits) -> None:
    """The last of those that share a hold may take what is left of it, and of the room after it."""
    (_, first), (task, last) = group[0], group[-1]
    held = limits.units(sum(candidate.need for _, candidate in group)) * limits.grid
    begin = first.start + sum(c.wait + c.length for _, c in group) - last.length
    room = last.at if task.extend is Extend.ALWAYS else first.start + first.length - first.need
    end = max(begin + last.length, held + min(room, _latest_end(following, limits)))
    speed = max(task.speed, speed_for(task.length, end - begin))
    if speed < last.speed:
        last.speed, last.length = speed, stretched(task.length, speed)
        last.exit = max(last.at, begin + last.length - held + limits.clip_gap)
