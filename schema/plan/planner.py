"""`plan`: the one pure function that says where each description is heard, and where the picture waits."""

from __future__ import annotations

from schema.plan.compose import Composer
from schema.plan.gaps import find_gaps
from schema.plan.inputs import PlanInput
from schema.plan.ladder import Ladder
from schema.plan.model import Fit, Plan
from schema.plan.options import make_options
from schema.plan.picture import read_picture
from schema.plan.rules import check
from schema.plan.settle import settle
from schema.plan.solve import solve
from schema.plan.speech import find_speech
from schema.plan.task import Limits, make_tasks
from schema.plan.timemap import TimeMap
from schema.plan.unheard import find_unheard, silent_placement


def make_ladder(asked: PlanInput) -> Ladder:
    """Speech, gaps and pictures of `asked`, ready to make candidates from."""
    profile, timebase = asked.profile, asked.timebase
    speech = asked.speech
    if speech is None:
        speech = find_speech(
            asked.words,
            asked.captions,
            timebase,
            voiced=asked.voiced,
            language=asked.spoken_language,
            punctuated=asked.punctuated,
            profile=profile,
        )
    speech = speech.within(asked.duration)
    gaps = find_gaps(speech, asked.duration, timebase, profile)
    margin = timebase.to_ticks(profile.margin_ms)
    return Ladder(speech, gaps, read_picture(asked), Limits.of(profile, timebase), margin)


def plan(asked: PlanInput) -> Plan:
    """Place every cue of `asked`.

    1. Speech, the room between it, and the pictures that may be held.
    2. Each cue's candidates, by the rungs of the fit ladder.
    3. The cheapest choice of candidates: least added time, then least speed-up, then least shift.
    4. Slower and truer, as far as the room around each clip allows.
    5. Placements, pauses and findings.

    Never fails for what a script or a programme holds: what cannot be heard is a blocking finding.
    """
    ladder = make_ladder(asked)
    tasks = make_tasks(asked, ladder.off_words)
    spoken = [task for task in tasks if task.length > 0]
    settled = settle(solve(spoken, make_options(spoken, ladder), ladder.limits), ladder.limits)
    composed = Composer(ladder, asked.timebase).compose(settled)
    time_map = TimeMap.from_pauses(composed.pauses, asked.duration, asked.timebase)
    unheard = find_unheard(settled, ladder)
    placements = list(composed.placements)
    placements += [one.placement(asked, time_map) for one in unheard]
    placements += [
        silent_placement(task, Fit.AS_IS, (task.anchor, task.anchor), "There is nothing to say.", time_map)
        for task in tasks
        if task.length == 0
    ]
    findings = [one.finding(asked) for one in unheard]
    findings += check(asked, settled, composed.placements, composed.pauses, ladder)
    findings.sort(key=lambda finding: finding.cue_index or 0)
    placements.sort(key=lambda placement: placement.cue_index)
    return Plan(
        timebase=asked.timebase,
        duration=asked.duration,
        placements=tuple(placements),
        pauses=tuple(composed.pauses),
        added=composed.added,
        findings=tuple(findings),
        estimated=any(placement.estimated for placement in placements),
    )
