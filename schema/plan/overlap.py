"""Whether a plan covers speech, measured on the render's timeline: what the report says must be 0."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from schema.plan.model import Plan
from schema.plan.speech import Speech
from schema.plan.timemap import TimeMap


def speech_in_render(speech: Speech, plan: Plan) -> list[tuple[int, int]]:
    """Speech in render ticks, in order; an interval is divided where a forced pause divides it."""
    time_map = TimeMap.of(plan)
    pauses = [pause.at for pause in plan.pauses]
    pieces = []
    for start, end in zip(speech.starts, speech.ends, strict=True):
        inside = pauses[bisect_right(pauses, start) : bisect_right(pauses, end - 1)]
        for a, b in pairwise((start, *inside, end)):
            pieces.append((time_map.to_render(a, "after"), time_map.to_render(b, "before")))
    return pieces


def speech_overlap(speech: Speech, plan: Plan) -> dict[str, int]:
    """Ticks of speech under each description, by cue id; only those above 0."""
    pieces = speech_in_render(speech, plan)
    ends = [end for _, end in pieces]
    covered = {}
    for placement in plan.placements:
        start, end = placement.start, placement.start + placement.length
        total = 0
        for a, b in pieces[bisect_right(ends, start) :]:
            if a >= end:
                break
            total += min(b, end) - max(a, start)
        if total:
            covered[placement.cue_id] = total
    return covered
