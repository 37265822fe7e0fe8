"""The table of what may happen when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.enums import (
    BriefAction,
    BriefStatus,
    JobAction,
    JobStatus,
    LanguageAction,
    LanguageStage,
    QCState,
)
from schema.transitions import (
    BRIEF,
    CLOSED,
    INITIAL_JOB,
    INITIAL_QC,
    JOB,
    LANGUAGE,
    NEEDS_REASON,
    OPEN,
    allowed_job_actions,
    allowed_language_actions,
    status_of,
    step_of,
)

stages = st.lists(st.sampled_from(LanguageStage), max_size=6)
_ORDER = [
    LanguageStage.TRANSLATING,
    LanguageStage.LANGUAGE_QC,
    LanguageStage.SYNTHESIZING,
    LanguageStage.MUXING,
    LanguageStage.READY,
]


def test_every_action_is_in_the_table_and_allowed_somewhere() -> None:
    assert set(JOB) == set(JobAction)
    assert set(LANGUAGE) == set(LanguageAction)
    assert all(rule.sources for rule in JOB.values())
    assert all(LANGUAGE.values())


@pytest.mark.parametrize("status", JobStatus)
@pytest.mark.parametrize("action", JobAction)
def test_what_a_status_allows_is_what_the_table_says(status: JobStatus, action: JobAction) -> None:
    assert (action in allowed_job_actions(status)) == (status in JOB[action].sources)


@pytest.mark.parametrize("state", QCState)
@pytest.mark.parametrize("action", LanguageAction)
def test_what_a_qc_state_allows_is_what_the_table_says(state: QCState, action: LanguageAction) -> None:
    assert (action in allowed_language_actions(state)) == (state in LANGUAGE[action])


@pytest.mark.parametrize("status", JobStatus)
def test_an_open_job_can_be_cancelled_and_a_closed_one_worked_on_again(status: JobStatus) -> None:
    allowed = allowed_job_actions(status)
    assert (JobAction.CANCEL in allowed) == (status in OPEN) == (status not in CLOSED)
    assert JobAction.REPROCESS in allowed
    blocks = status in OPEN and status is not JobStatus.BLOCKED_ON_SOURCE
    assert (JobAction.BLOCKED_ON_SOURCE in allowed) == blocks


@pytest.mark.parametrize("action", JobAction)
def test_a_target_is_not_a_source_of_the_same_action(action: JobAction) -> None:
    """The same button pressed twice is refused the second time."""
    rule = JOB[action]
    assert rule.target not in rule.sources


def test_what_stops_work_needs_a_reason() -> None:
    assert {action for action, rule in JOB.items() if rule.needs_reason} == {
        JobAction.REJECT,
        JobAction.REJECT_FINAL,
        JobAction.RETURN_TO_QC,
        JobAction.BLOCKED_ON_SOURCE,
    }
    assert {LanguageAction.REJECT} == NEEDS_REASON


def test_a_decision_is_about_what_was_looked_at_only_where_the_work_waits() -> None:
    moving = {
        JobAction.CANCEL,
        JobAction.CHANGE_OUTPUTS,
        JobAction.CHANGE_PRIORITY,
        JobAction.ASSIGN_SOURCE,
        JobAction.BLOCKED_ON_SOURCE,
        JobAction.PROMOTE_TO_QC,
    }
    moving |= {JobAction.RETRY_TTS, JobAction.UPLOAD_FINAL, JobAction.REPROCESS}
    assert {action for action, rule in JOB.items() if not rule.stands_still} == moving


def test_a_job_begins_as_created_which_nothing_leads_back_to() -> None:
    assert INITIAL_JOB is JobStatus.CREATED
    assert INITIAL_JOB not in {rule.target for rule in JOB.values()}


def reached(first: set[QCState]) -> set[QCState]:
    found, waiting = set(first), list(first)
    while waiting:
        state = waiting.pop()
        for moves in LANGUAGE.values():
            following = moves.get(state, state)
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found


def test_language_qc_has_no_unreachable_state_and_no_dead_one() -> None:
    """The end of the translation leads from pending to unassigned, or to assigned."""
    assert reached({INITIAL_QC, QCState.UNASSIGNED}) == set(QCState)
    for state in set(QCState) - {QCState.PENDING}:
        assert QCState.APPROVED in reached({state})


def test_approved_and_rejected_text_opens_only_by_reopen() -> None:
    for state, also in ((QCState.APPROVED, set()), (QCState.REJECTED, {LanguageAction.UNASSIGN})):
        leaving = {action for action, moves in LANGUAGE.items() if moves.get(state, state) is not state}
        assert leaving == {LanguageAction.REOPEN, *also}


@given(stages)
def test_one_failed_language_makes_the_job_failed(some: list[LanguageStage]) -> None:
    assert (status_of(some) is JobStatus.FAILED) == (LanguageStage.FAILED in some)


@given(stages, st.randoms())
def test_neither_order_nor_removed_languages_count(some: list[LanguageStage], random: object) -> None:
    shuffled = sorted(some, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert status_of(shuffled) is status_of([*some, LanguageStage.REMOVED])


@given(st.lists(st.sampled_from(_ORDER), min_size=1, max_size=6), st.data())
def test_a_language_that_advances_never_takes_the_job_back(
    some: list[LanguageStage], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(some) - 1))
    later = data.draw(st.sampled_from(_ORDER[_ORDER.index(some[index]) :]))
    advanced = [*some[:index], later, *some[index + 1 :]]
    order = list(JobStatus)
    assert order.index(status_of(advanced)) >= order.index(status_of(some))


def test_all_ready_is_final_review() -> None:
    assert status_of([LanguageStage.READY, LanguageStage.READY]) is JobStatus.PENDING_FINAL_REVIEW
    assert status_of([]) is JobStatus.PENDING_FINAL_REVIEW


@pytest.mark.parametrize("stage", LanguageStage)
def test_the_source_is_never_translated(stage: LanguageStage) -> None:
    assert step_of(stage, is_source=True).value in ("synthesize", "mux")


def test_every_state_of_a_brief_is_reached_and_left_but_the_last() -> None:
    assert set(BRIEF) == set(BriefAction)
    assert {target for _, target in BRIEF.values()} == set(BriefStatus)
    assert {source for source, _ in BRIEF.values()} == set(BriefStatus) - {BriefStatus.APPROVED}
