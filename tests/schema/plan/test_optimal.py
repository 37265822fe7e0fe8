"""The plan is the best of all: against trying everything, and against a lower bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from schema.plan.inputs import PlanInput
from schema.plan.ladder import Ladder
from schema.plan.model import Clip, Extend, Fit, Timebase
from schema.plan.options import make_options
from schema.plan.planner import make_ladder
from schema.plan.profile import PlanProfile
from schema.plan.settle import settle
from schema.plan.solve import solve
from schema.plan.steps import (
    SPEED,
    UNIT,
    State,
    enter_hold,
    enter_inline,
    enter_shared,
    first_state,
    leave_out,
    shift_cost,
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


@settings(max_examples=60, deadline=None)
@given(programmes(most_cues=3, shortest=1000))
def test_the_solver_finds_what_trying_everything_finds(asked: PlanInput) -> None:
    tasks, options, ladder = parts(asked)
    if not tasks:
        return
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


@settings(max_examples=150, deadline=None)
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
                total += (candidate.speed - 1000) * SPEED + shift_cost(task, start)
        return total

    assert worth(settled) <= worth([(t, replace(c, start=c.start + push)) for t, c, push in taken])
    assert plan(asked).added // asked.timebase.grid <= cost_of(taken, ladder) % (UNIT << 28) // UNIT


@settings(max_examples=150, deadline=None, derandomize=True)
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


@settings(max_examples=150, deadline=None, derandomize=True)
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


def most_heard(starts: Sequence[int], lengths: Sequence[int], gap: tuple[int, int]) -> int:
    """How many descriptions a gap takes, from first principles: of every subset, each as fast and as early as it may
    be; what cannot be placed so cannot be placed at all."""
    for size in range(len(starts), 0, -1):
        for chosen in combinations(range(len(starts)), size):
            free = gap[0]
            for i in chosen:
                begin = max(free, starts[i] - 3000)
                end = begin + -(-lengths[i] * 1000 // 1200)
                if begin > starts[i] + 1000 or end > gap[1]:
                    break
                free = end + 300
            else:
                return size
    return 0


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(500, 9000), st.integers(600, 4000)), min_size=1, max_size=5),
    st.integers(4000, 9000),
)
def test_as_many_are_heard_as_can_be(cues: list[tuple[int, int]], gap_end: int) -> None:
    """In one gap and without holds, against a search that knows nothing of candidates."""
    cues.sort(key=lambda cue: cue[0])
    words = say((0, 800, "end."), (gap_end + 200, 20_000, "end."))
    asked = ask(*[(f"c{i}", start, length) for i, (start, length) in enumerate(cues)], words=words)
    asked = replace(asked, timebase=Timebase(rate=1000, grid=1), duration=20_000, extend=Extend.NEVER)
    asked = replace(
        asked,
        clips={f"c{i}": Clip(cue_id=f"c{i}", length=length) for i, (_, length) in enumerate(cues)},
        profile=PlanProfile(rate_from_words=99),
    )
    made = plan(asked)
    heard = sum(placed.fit is not Fit.DOES_NOT_FIT for placed in made.placements)
    expected = most_heard([start for start, _ in cues], [length for _, length in cues], (1000, gap_end))
    assert heard == expected
