"""The table of transitions of jobs, their languages, and briefs.

The API answers 409 from it, the workflows' validators refuse from it, and the README's state diagram is drawn from it.
A target of None is computed by the workflow (`retry` continues at the failed step).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schema.enums import (
    BriefAction,
    BriefStatus,
    JobAction,
    JobStatus,
    LanguageAction,
    LanguageStage,
    QCState,
    Step,
)

_S = JobStatus

CLOSED = frozenset({_S.COMPLETED, _S.CANCELLED})
OPEN = frozenset(_S) - CLOSED
DRAFTING = frozenset({_S.CREATED, _S.PROBING, _S.TRANSCRIBING, _S.DESCRIBING})
IN_LANGUAGES = frozenset({_S.TRANSLATING, _S.LANGUAGE_QC, _S.SYNTHESIZING, _S.MUXING})
AT_WORK = DRAFTING | IN_LANGUAGES - {_S.LANGUAGE_QC}
"""Statuses in which a machine is at work."""
SOURCE_APPROVED = IN_LANGUAGES | {_S.PENDING_FINAL_REVIEW, _S.FAILED}
"""Statuses in which a language may exist and act; including `failed`, because one language's failure does not stop the
others."""


@dataclass(frozen=True, slots=True)
class Transition:
    sources: frozenset[JobStatus]
    target: JobStatus | None
    needs_reason: bool = False

    @property
    def stands_still(self) -> bool:
        """Whether the decision is about work that waits. Running work may move on between the look and the decision,
        which still applies: a cancel means the same at any step."""
        return not self.sources & (DRAFTING | IN_LANGUAGES)


JOB: dict[JobAction, Transition] = {
    JobAction.APPROVE_SOURCE: Transition(frozenset({_S.PENDING_QC}), None),
    JobAction.APPROVE_ENGLISH: Transition(frozenset({_S.PENDING_QC}), None),
    JobAction.REJECT: Transition(frozenset({_S.PENDING_QC}), _S.REJECTED, needs_reason=True),
    JobAction.PROMOTE_TO_QC: Transition(
        DRAFTING | {_S.FAILED, _S.REJECTED, _S.BLOCKED_ON_SOURCE}, _S.PENDING_QC
    ),
    JobAction.BLOCKED_ON_SOURCE: Transition(
        OPEN - {_S.BLOCKED_ON_SOURCE}, _S.BLOCKED_ON_SOURCE, needs_reason=True
    ),
    JobAction.RETRY: Transition(frozenset({_S.FAILED, _S.BLOCKED_ON_SOURCE, _S.REJECTED}), None),
    JobAction.RETRY_TTS: Transition(SOURCE_APPROVED | {_S.COMPLETED}, None),
    JobAction.COMPLETE: Transition(frozenset({_S.PENDING_FINAL_REVIEW}), _S.COMPLETED),
    JobAction.REJECT_FINAL: Transition(frozenset({_S.PENDING_FINAL_REVIEW}), _S.REJECTED, needs_reason=True),
    JobAction.RETURN_TO_QC: Transition(
        frozenset({_S.PENDING_FINAL_REVIEW, _S.COMPLETED}), None, needs_reason=True
    ),
    JobAction.REOPEN_LANGUAGE: Transition(frozenset({_S.COMPLETED}), None),
    JobAction.CANCEL: Transition(OPEN, _S.CANCELLED),
    JobAction.CHANGE_OUTPUTS: Transition(OPEN | {_S.COMPLETED}, None),
    JobAction.UPLOAD_FINAL: Transition(SOURCE_APPROVED | {_S.COMPLETED}, None),
    JobAction.CHANGE_PRIORITY: Transition(OPEN, None),
    JobAction.NEW_SOURCE: Transition(frozenset({_S.REJECTED, _S.BLOCKED_ON_SOURCE, _S.FAILED}), _S.PROBING),
    JobAction.ASSIGN_SOURCE: Transition(OPEN, None),
    JobAction.REPROCESS: Transition(frozenset(_S), None),
}

BRIEF: dict[BriefAction, tuple[BriefStatus, BriefStatus]] = {
    BriefAction.SUBMIT: (BriefStatus.DRAFT, BriefStatus.SUBMITTED),
    BriefAction.APPROVE: (BriefStatus.SUBMITTED, BriefStatus.APPROVED),
    BriefAction.RETURN: (BriefStatus.SUBMITTED, BriefStatus.DRAFT),
}
"""From and to. Only a draft can be edited, and jobs are made only from approved briefs."""

_Q = QCState

LANGUAGE: dict[LanguageAction, dict[QCState, QCState]] = {
    LanguageAction.ASSIGN: {
        _Q.PENDING: _Q.PENDING,  # takes effect when the translation ends
        _Q.UNASSIGNED: _Q.ASSIGNED,
    },
    LanguageAction.REASSIGN: {
        _Q.PENDING: _Q.PENDING,
        _Q.ASSIGNED: _Q.ASSIGNED,
        _Q.IN_PROGRESS: _Q.ASSIGNED,
        _Q.REJECTED: _Q.REJECTED,
        _Q.SUBMITTED: _Q.SUBMITTED,
        _Q.IN_REVIEW: _Q.IN_REVIEW,
    },
    LanguageAction.ASSIGN_REVIEWER: {state: state for state in _Q if state is not _Q.APPROVED},
    LanguageAction.REASSIGN_REVIEWER: {
        **{state: state for state in _Q if state not in (_Q.APPROVED, _Q.IN_REVIEW)},
        _Q.IN_REVIEW: _Q.SUBMITTED,
    },
    LanguageAction.START_WORK: {_Q.ASSIGNED: _Q.IN_PROGRESS},
    LanguageAction.SUBMIT: {_Q.IN_PROGRESS: _Q.SUBMITTED},
    LanguageAction.OPEN_REVIEW: {_Q.SUBMITTED: _Q.IN_REVIEW},
    LanguageAction.APPROVE: {_Q.IN_REVIEW: _Q.APPROVED},
    LanguageAction.REJECT: {_Q.IN_REVIEW: _Q.REJECTED},
    LanguageAction.REOPEN: {
        _Q.REJECTED: _Q.IN_PROGRESS,
        _Q.APPROVED: _Q.IN_PROGRESS,
    },  # unassigned without a linguist
    LanguageAction.UNASSIGN: {
        _Q.PENDING: _Q.PENDING,
        _Q.ASSIGNED: _Q.UNASSIGNED,
        _Q.IN_PROGRESS: _Q.UNASSIGNED,
        _Q.REJECTED: _Q.UNASSIGNED,
        _Q.SUBMITTED: _Q.SUBMITTED,  # submitted work can be reviewed without the linguist
        _Q.IN_REVIEW: _Q.IN_REVIEW,
    },
    LanguageAction.UNASSIGN_REVIEWER: {
        **{state: state for state in _Q if state not in (_Q.APPROVED, _Q.IN_REVIEW)},
        _Q.IN_REVIEW: _Q.SUBMITTED,
    },
}

NEEDS_REASON = frozenset({LanguageAction.REJECT})

ENDED = frozenset({"cancelled", "terminated"})
"""Failure codes of a language whose workflow was ended in Temporal. Nobody answers there until it is retried."""

INITIAL_JOB = JobStatus.CREATED
INITIAL_QC = QCState.PENDING

_STAGE_STATUS = {
    LanguageStage.WAITING: _S.TRANSLATING,
    LanguageStage.TRANSLATING: _S.TRANSLATING,
    LanguageStage.LANGUAGE_QC: _S.LANGUAGE_QC,
    LanguageStage.SYNTHESIZING: _S.SYNTHESIZING,
    LanguageStage.MUXING: _S.MUXING,
    LanguageStage.READY: _S.PENDING_FINAL_REVIEW,
}
_ADVANCE = [*IN_LANGUAGES, _S.PENDING_FINAL_REVIEW]
_ADVANCE.sort(key=list(_S).index)

STATUS_OF_STEP = {Step.PROBE: _S.PROBING, Step.TRANSCRIBE: _S.TRANSCRIBING, Step.DESCRIBE: _S.DESCRIBING}
"""The steps before source QC. A job that failed in one of them continues there."""
_STEP_OF_STAGE = {
    LanguageStage.WAITING: Step.TRANSLATE,
    LanguageStage.TRANSLATING: Step.TRANSLATE,
    LanguageStage.LANGUAGE_QC: Step.TRANSLATE,
    LanguageStage.MUXING: Step.MUX,
}


def step_of(stage: LanguageStage, *, is_source: bool) -> Step:
    """The step from which a language continues whose workflow ended at `stage`: one before the pending decision."""
    step = _STEP_OF_STAGE.get(stage, Step.SYNTHESIZE)
    return Step.SYNTHESIZE if is_source and step is Step.TRANSLATE else step


def allowed_job_actions(status: JobStatus) -> list[JobAction]:
    """The actions that `status` allows, in the order of the table."""
    return [action for action, rule in JOB.items() if status in rule.sources]


def allowed_language_actions(state: QCState) -> list[LanguageAction]:
    return [action for action, moves in LANGUAGE.items() if state in moves]


def status_of(stages: Iterable[LanguageStage]) -> JobStatus:
    """A job's status after source QC: failed as soon as one language has failed; pending_final_review when all are
    ready; otherwise that of the least advanced language."""
    wanted = [stage for stage in stages if stage is not LanguageStage.REMOVED]
    if LanguageStage.FAILED in wanted:
        return JobStatus.FAILED
    return min(
        (_STAGE_STATUS[stage] for stage in wanted), key=_ADVANCE.index, default=_S.PENDING_FINAL_REVIEW
    )
