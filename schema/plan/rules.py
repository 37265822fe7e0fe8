"""Findings on a plan: judged on the planned placement, pauses included."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from schema.plan.explain import times
from schema.plan.inputs import PlanInput
from schema.plan.ladder import Ladder
from schema.plan.model import Finding, Pause, Placement
from schema.plan.settle import Settled
from schema.plan.task import Candidate, Kind, Task


def check(
    asked: PlanInput,
    settled: Settled,
    placements: Sequence[Placement],
    pauses: Sequence[Pause],
    ladder: Ladder,
) -> Iterator[Finding]:
    """Findings on the `placements` that are heard."""
    by_index = {task.index: (task, candidate) for task, candidate in settled}
    for placement in placements:
        task, candidate = by_index[placement.cue_index]
        yield from _pace(asked, task, placement)
        yield from _place(asked, task, candidate, placement, ladder)
    yield from _close_pauses(asked, pauses)


def _pace(asked: PlanInput, task: Task, placement: Placement) -> Iterator[Finding]:
    profile = asked.profile
    rate = round(task.words * 60 * asked.timebase.rate / max(1, placement.length), 1)
    if task.words >= profile.rate_from_words and rate > profile.rate_warning_wpm:
        blocking = rate > profile.rate_blocking_wpm
        limit = profile.rate_blocking_wpm if blocking else profile.rate_warning_wpm
        yield Finding(
            rule="description_rate_blocking" if blocking else "description_rate",
            severity="blocking" if blocking else "warning",
            cue_id=task.cue.id,
            cue_index=task.index,
            measured=rate,
            limit=limit,
            message=f"Spoken at {rate:g} words a minute; at most {limit}, and {profile.rate_target_wpm} is the target. "
            "Say it in fewer words, or give it more time.",
        )
    if placement.speed_permille > profile.max_speed_permille:
        yield Finding(
            rule="speed_up",
            severity="warning",
            cue_id=task.cue.id,
            cue_index=task.index,
            measured=placement.speed_permille / 1000,
            limit=profile.max_speed_permille / 1000,
            message=f"Plays {times(placement.speed_permille)} times as fast, as a person chose; "
            f"over {times(profile.max_speed_permille)} it is hard to follow.",
        )


def _place(
    asked: PlanInput, task: Task, candidate: Candidate, placement: Placement, ladder: Ladder
) -> Iterator[Finding]:
    def warn(rule: str, measured: int, limit: int, message: str) -> Finding:
        to_ms = asked.timebase.to_ms
        return Finding(
            rule=rule,
            severity="warning",
            cue_id=task.cue.id,
            cue_index=task.index,
            measured=to_ms(measured),
            limit=to_ms(limit),
            message=message,
        )

    quiet = candidate.quiet
    assert quiet is not None
    if task.wanted > asked.duration:
        yield warn("past_end", task.wanted, asked.duration, "The cue starts after the end of the programme.")
    if candidate.late:
        yield warn(
            "described_late",
            placement.source_start,
            task.anchor,
            "The picture is held after what is described: no pause point lies close enough before it.",
        )
    if candidate.kind is Kind.INLINE and placement.source_start < quiet.room_start:
        margin = asked.timebase.to_ticks(asked.profile.margin_ms)
        distance = placement.source_start - quiet.start
        yield warn("margin", distance, margin, "Pinned closer to the speech before it than the margin.")
    chosen = asked.timebase.to_ticks(task.choice.pause_at_ms or 0)
    if task.pause_at not in (None, min(chosen, ladder.picture.last)) and candidate.chosen:
        yield warn(
            "pause_moved",
            chosen,
            candidate.at,
            "The chosen pause point lies inside a word, and was moved off it; force it to keep it there.",
        )
    if candidate.chosen and not ladder.picture.clean(candidate.at):
        yield warn(
            "pause_picture", candidate.at, candidate.at, "The picture would stand on black or a dissolve."
        )


def _close_pauses(asked: PlanInput, pauses: Sequence[Pause]) -> Iterator[Finding]:
    for before, after in itertools.pairwise(pauses):
        apart = asked.timebase.to_ms(after.at - before.at)
        if apart < asked.profile.merge_ms:
            yield Finding(
                rule="pauses_close",
                severity="warning",
                cue_id=after.cue_ids[0],
                measured=apart,
                limit=asked.profile.merge_ms,
                message="Two pause points that were chosen lie closer than they may; one would serve both.",
            )
