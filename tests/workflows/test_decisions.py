"""Every state that a job and its languages can be in, and every decision in each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from schema.contracts.language import LanguageDecision, LanguageState
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState
from schema.transitions import CLOSED, JOB, LANGUAGE, status_of
from tests.workflows import model
from tests.workflows.model import World
from workflows import language_decisions

Refusal = tuple[str | None, str, tuple[JobAction, ...]]
"""Its type, what it says, and which actions are allowed: an error itself would keep all that it was refused from."""


def answers(world: World) -> list[World | Refusal]:
    """What comes of every decision about the job, in the order of `JOB_DECISIONS`."""
    found: list[World | Refusal] = []
    for decision in model.JOB_DECISIONS:
        try:
            found.append(model.decide(world, decision))
        except ApplicationError as refused:
            assert refused.type in ("conflict", "invalid"), refused
            told = refused.details[0] if refused.details else {}
            found.append((refused.type, refused.message, tuple(told.get("allowed", ()))))
    return found


def successors(world: World) -> Iterator[tuple[str, World]]:
    world = replace(world, clock=world.clock + 1)
    return following(world, answers(world))


def following(world: World, answered: list[World | Refusal]) -> Iterator[tuple[str, World]]:
    """What may come next, where `answered` is what decisions about the job come to."""
    for decision, answer in zip(model.JOB_DECISIONS, answered, strict=True):
        if isinstance(answer, World):
            yield f"{decision.action} {decision.from_step or ''}", answer
    yield from model.events(world)
    for code in world.languages:
        for choice in model.LANGUAGE_DECISIONS:
            try:
                yield f"{code}: {choice.action}", model.decide_language(world, code, choice)
            except ApplicationError as refused:
                assert refused.type in ("conflict", "invalid"), refused


def check(world: World, label: str, before: World) -> None:
    job = world.job
    told = (label, before.key, world.key)
    assert job.revision >= before.job.revision, told
    if job.status is JobStatus.FAILED:
        assert job.failure is not None, told
    else:
        assert job.failure is None, told
    if job.in_languages:
        assert job.source_versions is not None, told
        asked = {"en", *job.outputs.languages}
        known = {code for code, each in job.languages.items() if each.stage is not LanguageStage.REMOVED}
        assert known == asked, told
        status = status_of(each.stage for each in job.languages.values())
        assert job.status is status or status is JobStatus.PENDING_FINAL_REVIEW, told
        assert asked <= set(world.languages), told
        assert {code: world.languages[code] for code in asked} == {
            code: job.languages[code] for code in asked
        }, told
    else:
        at_work = [each for each in world.languages.values() if each.stage not in _STILL]
        assert not at_work or job.status in CLOSED or job.stopped, told  # its workflow is gone
    for each in world.languages.values():
        if each.stage in (LanguageStage.SYNTHESIZING, LanguageStage.MUXING):
            assert each.versions is not None, told
            assert each.is_source or each.qc_state is QCState.APPROVED, told
        if each.is_source:
            assert each.stage not in (LanguageStage.TRANSLATING, LanguageStage.LANGUAGE_QC), told
        assert (each.failure is not None) == (each.stage is LanguageStage.FAILED), told


_STILL = (LanguageStage.WAITING, LanguageStage.REMOVED, LanguageStage.READY, LanguageStage.FAILED)


@dataclass(frozen=True)
class Graph:
    """Every world that can be reached, by its key, what leads from each to which others, and what each answers to every
    decision about the job: the revision that begins, or the refusal."""

    worlds: dict[Hashable, World]
    edges: dict[Hashable, dict[Hashable, str]] = field(default_factory=dict)
    answers: dict[Hashable, list[int | Refusal]] = field(default_factory=dict)

    def having(self, wanted: Callable[[World], bool]) -> set[Hashable]:
        return {key for key, world in self.worlds.items() if wanted(world)}

    def leading_to(self, targets: set[Hashable]) -> set[Hashable]:
        """The targets, and every world from which one of them can be reached."""
        found, waiting = set(targets), list(targets)
        while waiting:
            for source in self._back[waiting.pop()]:
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return found

    @cached_property
    def _back(self) -> dict[Hashable, list[Hashable]]:
        back: dict[Hashable, list[Hashable]] = defaultdict(list)
        for source, after in self.edges.items():
            for target in after:
                back[target].append(source)
        return back

    @cached_property
    def by_status(self) -> dict[JobStatus, set[Hashable]]:
        found: dict[JobStatus, set[Hashable]] = defaultdict(set)
        for key, world in self.worlds.items():
            found[world.job.status].add(key)
        return found


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Walks every way from a job just made, with one target language that may be removed and asked for again."""
    start = World()
    found = Graph({start.key: start})
    waiting = [start]
    while waiting:
        before = waiting.pop()
        world = replace(before, clock=before.clock + 1)
        answered = answers(world)
        found.answers[before.key] = [
            each.job.revision if isinstance(each, World) else each for each in answered
        ]
        edges = found.edges[before.key] = {}
        for label, after in following(world, answered):
            check(after, label, before)
            key = after.key
            edges.setdefault(key, label)
            if key not in found.worlds:
                found.worlds[key] = after
                waiting.append(after)
    return found


@pytest.mark.parametrize("status", JobStatus)
def test_every_status_is_reached_and_left_for_completion(graph: Graph, status: JobStatus) -> None:
    there = graph.by_status[status]
    assert there
    assert there <= graph.leading_to(graph.by_status[JobStatus.COMPLETED])


@pytest.mark.parametrize("stage", LanguageStage)
def test_every_stage_of_a_language_is_reached_and_left_for_ready(graph: Graph, stage: LanguageStage) -> None:
    def is_at(world: World, at: LanguageStage) -> bool:
        return "es" in world.languages and world.languages["es"].stage is at

    there = graph.having(lambda world: is_at(world, stage))
    assert there
    assert there <= graph.leading_to(graph.having(lambda world: is_at(world, LanguageStage.READY)))


@pytest.mark.parametrize("state", QCState)
def test_every_qc_state_is_reached_and_left_for_approved(graph: Graph, state: QCState) -> None:
    def is_at(world: World, at: QCState) -> bool:
        return "es" in world.languages and world.languages["es"].qc_state is at

    there = graph.having(lambda world: is_at(world, state))
    assert there
    assert there <= graph.leading_to(graph.having(lambda world: is_at(world, QCState.APPROVED)))


@pytest.mark.parametrize("status", JobStatus)
@pytest.mark.parametrize("action", JobAction)
def test_every_action_in_every_status(graph: Graph, status: JobStatus, action: JobAction) -> None:
    """Allowed by the table is possible somewhere; forbidden by it is refused everywhere, with what is allowed."""
    rule, taken = JOB[action], False
    places = [place for place, each in enumerate(model.JOB_DECISIONS) if each.action is action]
    for key in graph.by_status[status]:
        for answer in (graph.answers[key][place] for place in places):
            if isinstance(answer, int):
                assert status in rule.sources
                taken = True
            elif status not in rule.sources:
                kind, said, allowed = answer
                assert kind == "conflict"
                assert allowed == tuple(each for each in JOB if status in JOB[each].sources)
                assert f"A job that is {status} does not allow" in said
    assert taken == (status in rule.sources)


def test_a_decision_that_is_taken_begins_a_later_revision(graph: Graph) -> None:
    """But for those that let the same work go on, or change what is made of it before anything is."""
    same = {
        JobAction.RETRY,
        JobAction.CHANGE_OUTPUTS,
        JobAction.CHANGE_PRIORITY,
        JobAction.ASSIGN_SOURCE,
    }
    for key, world in graph.worlds.items():
        for decision, answer in zip(model.JOB_DECISIONS, graph.answers[key], strict=True):
            if decision.action not in same and isinstance(answer, int):
                assert answer > world.job.revision


@settings(
    max_examples=250, deadline=None, phases=(Phase.generate,)
)  # the way is told, so nothing need be shrunk
@given(st.data())
def test_resets_and_terminates_anywhere_leave_job_and_languages_agreeing(data: st.DataObject) -> None:
    """A job's workflow may be reset to wherever it was, or end and begin again from its row; what was decided before
    about other texts is not taken for what is decided after."""
    world, been, way = World(), [World().job], []
    for _ in range(data.draw(st.integers(1, 40))):
        before = replace(world, clock=world.clock + 1)
        moves = [
            *successors(before),
            ("reset", model.reset(before, been[data.draw(st.integers(0, len(been) - 1))])),
        ]
        if before.job.status not in CLOSED:
            moves += [("terminate", model.buried(before))]
        label, world = moves[data.draw(st.integers(0, len(moves) - 1))]
        way.append(label)
        note(" > ".join(way))
        check(world, label, world if label == "reset" else before)
        if label.startswith("approve"):
            wanted = [world.languages[code] for code in ("en", *world.job.outputs.languages)]
            assert all(each.source_versions == world.job.source_versions for each in wanted)
        been.append(world.job)


@pytest.mark.parametrize("state", QCState)
@pytest.mark.parametrize("action", list(language_decisions.UNASSIGNS))
def test_whoever_is_taken_off_is_missed_in_no_state(state: QCState, action: LanguageAction) -> None:
    """Whoever takes their place goes on, up to the approval."""
    linguist, reviewer, other = UUID(int=11), UUID(int=12), UUID(int=13)
    before = LanguageState(
        language="es", stage=LanguageStage.LANGUAGE_QC, qc_state=state, linguist_id=linguist, reviewer_id=reviewer
    )  # fmt: skip
    whom = language_decisions.UNASSIGNS[action]
    mine = linguist if whom == "linguist_id" else reviewer
    decision = LanguageDecision(action=action, person_id=mine)
    nobody = state is QCState.UNASSIGNED and action is LanguageAction.UNASSIGN
    if state is QCState.APPROVED or nobody:
        with pytest.raises(ApplicationError, match="does not allow"):
            language_decisions.refuse(before, decision)
        return
    with pytest.raises(ApplicationError, match=r"not assigned|does not allow"):
        language_decisions.refuse(before, decision.model_copy(update={"person_id": other}))
    language_decisions.refuse(before, decision)
    after = language_decisions.after(before, decision, None)
    assert getattr(after, whom) is None
    with pytest.raises(ApplicationError, match=r"not assigned|does not allow"):
        language_decisions.refuse(after, decision)
    first, again = (
        (LanguageAction.ASSIGN, LanguageAction.REASSIGN)
        if whom == "linguist_id"
        else (LanguageAction.ASSIGN_REVIEWER, LanguageAction.REASSIGN_REVIEWER)
    )
    assigned = next(each for each in (first, again) if after.qc_state in LANGUAGE[each])
    anew = LanguageDecision(action=assigned, person_id=other)
    language_decisions.refuse(after, anew)
    assert getattr(language_decisions.after(after, anew, None), whom) == other
