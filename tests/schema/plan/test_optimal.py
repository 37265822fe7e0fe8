"""The plan is the best of all that its candidates allow, and loses nothing in settling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from schema.plan.inputs import PlanInput
from schema.plan.ladder import Ladder
from schema.plan.model import Choice, Fit
from schema.plan.options import make_options
from schema.plan.planner import make_ladder
from schema.plan.profile import PlanProfile
from schema.plan.settle import settle
from schema.plan.solve import solve
from schema.plan.steps import (
    UNIT,
    State,
    enter_hold,
    enter_inline,
    enter_shared,
    first_state,
    leave_out,
    shift_cost,
    speed_cost,
)
from schema.plan.task import Candidate, Kind, Task, make_tasks
from tests.schema.plan.scripts import ask, objective, plan, say
from tests.schema.plan.strategies import programmes


def everything(tasks: Sequence[Task], options: Sequence[Sequence[Candidate]], ladder: Ladder) -> int:
    """The least cost over all combinations of candidates: every path, none left out."""
    paths: list[State] = [first_state()]
    for task, candidates in zip(tasks, options, strict=True):
        longer: list[State] = []
        for path in paths:
            steps = [enter_shared(task, path, ladder.limits)]
            if path.candidate is None or not path.candidate.borrowed:
                steps.append(leave_out(path))
                for candidate in candidates:
                    if candidate.kind is Kind.HOLD:
                        steps.append(enter_hold(task, candidate, path, ladder.limits))
                    elif candidate.start >= path.exit:
                        steps.append(enter_inline(task, candidate, path))
            longer += [step for step in steps if step is not None]
        paths = longer
    return min(path.cost for path in paths)


def parts(asked: PlanInput) -> tuple[list[Task], list[list[Candidate]], Ladder]:
    ladder = make_ladder(asked)
    tasks = [task for task in make_tasks(asked, ladder.off_words) if task.length]
    return tasks, make_options(tasks, ladder), ladder


@settings(max_examples=60)
@given(programmes(most_cues=3, shortest=1000))
def test_the_solver_finds_what_trying_everything_finds(asked: PlanInput) -> None:
    tasks, options, ladder = parts(asked)
    if not tasks:
        return
    taken = solve(tasks, options, ladder.limits)
    assert cost_of(taken, ladder) == everything(tasks, options, ladder)


def test_pauses_that_people_chose_close_together_are_weighed_too() -> None:
    choices = {
        "b": Choice(pinned=True, pause_at_ms=288),
        "c": Choice(pause_at_ms=0),
        "d": Choice(pause_at_ms=289),
    }
    cues = (("a", 0, 800), ("b", 62, 800), ("c", 905, 1067), ("d", 906, 800))
    tasks, options, ladder = parts(ask(*cues, duration=4000, choices=choices))
    taken = solve(tasks, options, ladder.limits)
    assert cost_of(taken, ladder) == everything(tasks, options, ladder)


def cost_of(taken: Sequence[tuple[Task, Candidate, int]], ladder: Ladder) -> int:
    """What a choice of candidates costs, by walking it."""
    path = first_state()
    for task, candidate, _ in taken:
        if candidate.kind is Kind.NONE:
            step: State | None = leave_out(path)
        elif candidate.kind is Kind.INLINE:
            assert candidate.start >= path.exit
            step = enter_inline(task, candidate, path)
        elif candidate.kind is Kind.HOLD:
            step = enter_hold(task, candidate, path, ladder.limits)
        else:
            step = enter_shared(task, path, ladder.limits)
        assert step is not None
        path = step
    return path.cost


@settings(max_examples=150)
@given(programmes())
def test_settling_makes_nothing_worse(asked: PlanInput) -> None:
    tasks, options, ladder = parts(asked)
    if not tasks:
        return
    taken = solve(tasks, options, ladder.limits)
    settled = settle(taken, ladder.limits)

    def worth(pairs: Sequence[tuple[Task, Candidate]]) -> int:
        """Speed-up and shift; `compose` adds up the units, which the plan's own sums are held to."""
        total = 0
        for task, candidate in pairs:
            if candidate.kind is not Kind.NONE:
                start = candidate.start if candidate.at < 0 else min(candidate.start, candidate.at)
                total += speed_cost(candidate.speed) + shift_cost(task, start)
        return total

    assert worth(settled) <= worth([(t, replace(c, start=c.start + push)) for t, c, push in taken])
    assert plan(asked).added // asked.timebase.grid <= cost_of(taken, ladder) % (UNIT << 28) // UNIT


@settings(max_examples=150)
@given(programmes(most_cues=1, chosen=False), st.data())
def test_more_silence_never_costs_time(asked: PlanInput, data: st.DataObject) -> None:
    """Of one description: without a stretch of speech no plan needs more time, nor leaves more unheard."""
    if not asked.words:
        return
    asked = replace(asked, black=())  # Which moves pause points for its own reasons.
    first = data.draw(st.integers(0, len(asked.words) - 1))
    # A sentence's end is a pause point of its own, so whole sentences are taken away.
    after = next((i + 1 for i, w in enumerate(asked.words) if i >= first and w.text == "end."), None)
    starts = [0, *[i + 1 for i, w in enumerate(asked.words) if w.text == "end."]]
    if after is None:
        return
    begin = max(i for i in starts if i <= first)
    quieter = replace(asked, words=asked.words[:begin] + asked.words[after:], punctuated=True)
    assert objective(plan(quieter)) <= objective(plan(replace(asked, punctuated=True)))


@settings(max_examples=150)
@given(programmes(most_cues=1, chosen=False))
def test_a_shorter_clip_never_costs_more_time(asked: PlanInput) -> None:
    shorter = {
        key: clip.model_copy(update={"length": clip.length * 9 // 10}) for key, clip in asked.clips.items()
    }
    asked = replace(asked, profile=PlanProfile(rate_from_words=99))  # Or a slow script is sped up more.
    assert objective(plan(replace(asked, clips=shorter))) <= objective(plan(asked))


def test_the_whole_is_better_than_one_after_another() -> None:
    """In order, the first would stay where it is and the second would need a hold."""
    words = say((0, 1000, "So."), (8000, 9000, "Yes."))
    made = plan(ask(("first", 2500, 3000), ("second", 5000, 3000), duration=9000, words=words))
    assert made.added == 0
    assert [p.fit for p in made.placements] == [Fit.SHIFTED, Fit.SHIFTED]
    assert all(p.speed_permille == 1000 for p in made.placements)
