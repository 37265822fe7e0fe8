"""Cues for which there is no place: how much of them would fit, and what a person can do."""

from __future__ import annotations

from dataclasses import dataclass

from schema.plan.explain import clock, seconds
from schema.plan.inputs import PlanInput
from schema.plan.ladder import Ladder
from schema.plan.model import Extend, Finding, Fit, Placement
from schema.plan.settle import Settled
from schema.plan.task import Kind, Task
from schema.plan.timemap import TimeMap


@dataclass(frozen=True, slots=True)
class Unheard:
    """`start` to `end` is the longest stretch in reach that speech and other descriptions leave free, and `words`
    is how many of the cue's words it takes, at the highest speed that is allowed."""

    task: Task
    start: int
    end: int
    words: int
    over_speech: bool
    """Pinned to a spoken word."""

    def sentence(self, asked: PlanInput) -> str:
        """What is wrong and what to do, after "The description"."""
        task = self.task
        if self.over_speech:
            return (
                "would lie over speech: it is pinned to a spoken word. Unpin it, move it off the word, or force "
                "a pause point there."
            )
        if task.extend is not Extend.NEVER and task.pause_at is not None:
            return "cannot keep its pause point beside those of the descriptions around it. Move or clear it."
        if task.extend is not Extend.NEVER:
            early = asked.profile.pause_early_ms // 1000
            return (
                f"does not fit, and no place to hold the picture lies within {early} s before it: "
                "choose a pause point, or force one."
            )
        room = seconds(self.end - self.start, asked.timebase)
        fits = f"{self.words} of its {task.words} words would, in the {room} that are free"
        if self.words == 0:
            fits = f"none of its {task.words} words would, since nothing is free in its reach"
        return f"does not fit: {fits}. " + (
            "Say it in fewer, move it, or let the picture wait."
            if asked.can_hold
            else "Say it in fewer, or move it."
        )

    def finding(self, asked: PlanInput) -> Finding:
        return Finding(
            rule="over_speech" if self.over_speech else "does_not_fit",
            severity="blocking",
            cue_id=self.task.cue.id,
            cue_index=self.task.index,
            measured=self.task.words,
            limit=self.words,
            message=f"The description at {clock(self.task.wanted, asked.timebase)} {self.sentence(asked)}",
        )

    def placement(self, asked: PlanInput, time_map: TimeMap) -> Placement:
        return silent_placement(
            self.task, Fit.DOES_NOT_FIT, (self.start, self.end), f"It {self.sentence(asked)}", time_map
        )


def silent_placement(
    task: Task, fit: Fit, gap: tuple[int, int], explanation: str, time_map: TimeMap
) -> Placement:
    """A cue that is not heard: nowhere to say it, or nothing to say. `start` is its time in the render."""
    return Placement(
        cue_id=task.cue.id,
        cue_index=task.index,
        fit=fit,
        wanted=task.wanted,
        source_start=task.anchor,
        start=time_map.to_render(task.anchor),
        length=0,
        clip_length=task.length,
        gain_mb=task.choice.gain_mb or 0,
        clip_sha256=task.clip.sha256,
        estimated=task.clip.sha256 is None and task.length > 0,  # Silence is not spoken later either.
        gap_start=gap[0],
        gap_end=gap[1],
        explanation=explanation,
    )


def find_unheard(settled: Settled, ladder: Ladder) -> list[Unheard]:
    """In the order of `settled`, which is that of time."""
    first, befores = 0, []
    for _, candidate in settled:
        befores.append(first)
        if candidate.kind is not Kind.NONE:
            first = max(first, candidate.exit)
    last: int | None = None
    found = []
    for (task, candidate), before in zip(reversed(settled), reversed(befores), strict=True):
        if candidate.kind is not Kind.NONE:
            last = candidate.start - ladder.limits.clip_gap
            continue
        start, end = _room(task, before, last, ladder)
        inside = task.pinned and ladder.speech.inside(task.anchor) is not None
        words = (end - start) * task.top_speed * task.words // (1000 * max(1, task.length))
        found.append(Unheard(task, start, end, min(max(0, task.words - 1), words), inside))
    found.reverse()
    return found


def _room(task: Task, first: int, last: int | None, ladder: Ladder) -> tuple[int, int]:
    earliest, latest = task.anchor - ladder.limits.early, task.anchor + ladder.limits.late
    if task.pinned:
        earliest = latest = task.anchor
    best = (task.anchor, task.anchor)
    for quiet in ladder.gaps.rooms_between(earliest, latest):
        start = max(quiet.room_start, earliest, first)
        end = quiet.room_end if last is None else min(quiet.room_end, last)
        if start <= latest and end - start > best[1] - best[0]:
            best = (start, end)
    return best
