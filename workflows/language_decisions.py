"""How a decision about a language changes its state. Pure functions."""

from __future__ import annotations

import json

from schema.contracts.language import LanguageBegin, LanguageDecision, LanguageState, LanguageStop
from schema.contracts.steps import Failure, TranslateResult, Versions
from schema.enums import Kind, LanguageAction, LanguageStage, QCState
from schema.transitions import LANGUAGE, NEEDS_REASON, allowed_language_actions, step_of
from workflows.refusals import conflict, invalid

ASSIGNS_REVIEWER = frozenset({LanguageAction.ASSIGN_REVIEWER, LanguageAction.REASSIGN_REVIEWER})
_FLAGGED_BYTES = 20_000
"""Enough for a thousand cues. Fifty languages of this size fill half of an activity's input (2 MiB)."""
_NONE_FLAGGED: dict[str, object] = {"flagged_cues": (), "flagged": {}}
UNASSIGNS = {
    LanguageAction.UNASSIGN: "linguist_id",
    LanguageAction.UNASSIGN_REVIEWER: "reviewer_id",
}
"""Whom each action takes off the language."""
ASSIGNS = ASSIGNS_REVIEWER | {LanguageAction.ASSIGN, LanguageAction.REASSIGN}


def refuse(state: LanguageState, decision: LanguageDecision) -> None:
    """Raises if `state` does not allow `decision`.

    Raises:
        ApplicationError: `conflict` or `invalid`.
    """
    if state.is_source:
        raise conflict("The source language has no language QC: it follows source QC.")
    stopped = state.stage in (LanguageStage.WAITING, LanguageStage.REMOVED)
    if stopped and decision.action not in UNASSIGNS:
        raise conflict(
            "The work on this language has stopped: the source is not approved, or it is not requested."
        )
    if state.qc_state not in LANGUAGE[decision.action]:
        allowed = [action.value for action in allowed_language_actions(state.qc_state)]
        raise conflict(
            f"A language that is {state.qc_state} does not allow {decision.action}.",
            state=state.qc_state.value,
            allowed=allowed,
        )
    if decision.action in NEEDS_REASON and not (decision.reason or "").strip():
        raise invalid(f"{decision.action} needs a reason.")
    if decision.action in ASSIGNS:
        _refuse_person(state, decision)
    if decision.action in UNASSIGNS:
        _refuse_nobody(state, decision)
    actor = decision.actor.user_id
    if decision.action is LanguageAction.APPROVE and state.stage is not LanguageStage.LANGUAGE_QC:
        raise conflict(
            "The source has changed, and its translation is not there yet. Approve what comes of it."
        )
    if decision.action is LanguageAction.APPROVE and actor is not None and actor in state.worked_by:
        raise conflict("Nobody reviews their own translation: somebody else must approve it.", "own_work")


def _refuse_nobody(state: LanguageState, decision: LanguageDecision) -> None:
    """Refuses to take nobody off. `person_id` says who was meant; somebody else may be assigned by now."""
    assigned = getattr(state, UNASSIGNS[decision.action])
    if assigned is None or decision.person_id not in (None, assigned):
        raise conflict("They are not assigned to this language any more.")


def _refuse_person(state: LanguageState, decision: LanguageDecision) -> None:
    if decision.person_id is None:
        raise invalid(f"{decision.action} needs person_id.")
    reviews = decision.action in ASSIGNS_REVIEWER
    if reviews and decision.person_id in {*state.worked_by, state.linguist_id}:
        raise conflict("Nobody reviews their own translation: assign another reviewer.", "own_work")
    if not reviews and decision.person_id == state.reviewer_id:
        raise conflict("Nobody reviews their own translation: assign another linguist.", "own_work")


def keeps_person(state: LanguageState, decision: LanguageDecision) -> bool:
    """Whether the decision assigns the current assignee again. Their work continues; only the due date changes."""
    return (decision.action is LanguageAction.REASSIGN and decision.person_id == state.linguist_id) or (
        decision.action is LanguageAction.REASSIGN_REVIEWER and decision.person_id == state.reviewer_id
    )


def replaces(state: LanguageState, decision: LanguageDecision) -> bool:
    """Whether an assignment would put another reviewer in somebody's place, which needs a reassignment. For linguists,
    the state shows this."""
    return decision.action is LanguageAction.ASSIGN_REVIEWER and state.reviewer_id not in (
        None,
        decision.person_id,
    )


def after(
    state: LanguageState, decision: LanguageDecision, pinned: Versions | None, *, goes_on: bool = False
) -> LanguageState:
    """The state after `decision`, which was not refused; `pinned` are the versions that an approval pinned. With
    `goes_on` the work stays where it is."""
    changes: dict[str, object] = {
        "qc_state": state.qc_state if goes_on else LANGUAGE[decision.action][state.qc_state],
        "reason": decision.reason or (state.reason if goes_on else None),
    }
    actor = decision.actor.user_id
    match decision.action:
        case LanguageAction.ASSIGN | LanguageAction.REASSIGN:
            changes |= {"linguist_id": decision.person_id, "due_at": decision.due_at or state.due_at}
        case LanguageAction.ASSIGN_REVIEWER | LanguageAction.REASSIGN_REVIEWER:
            due_at = decision.due_at or state.review_due_at
            changes |= {"reviewer_id": decision.person_id, "review_due_at": due_at}
        case LanguageAction.START_WORK | LanguageAction.SUBMIT:
            changes["worked_by"] = tuple(dict.fromkeys([*state.worked_by, *([actor] if actor else [])]))
        case LanguageAction.APPROVE:
            changes |= {"versions": pinned, "stage": LanguageStage.SYNTHESIZING, **_NONE_FLAGGED}
        case LanguageAction.REOPEN:
            changes |= {"qc_state": reopened(state), "stage": LanguageStage.LANGUAGE_QC, "failure": None}
        case LanguageAction.UNASSIGN:
            changes |= {"linguist_id": None, "due_at": None}
        case LanguageAction.UNASSIGN_REVIEWER:
            changes |= {"reviewer_id": None, "review_due_at": None}
        case _:
            pass
    return state.model_copy(update=changes)


def takes_up(state: LanguageState, begin: LanguageBegin) -> bool:
    """Whether `begin` is news: it was decided later than the current work, or there is no current work. Otherwise the
    job, which may have been reset, only asks where the language is."""
    return begin.begun > state.begun or state.stage in (LanguageStage.WAITING, LanguageStage.REMOVED)


def taken_up(state: LanguageState, begin: LanguageBegin) -> LanguageState:
    """The state in which the work begins that the job asks for."""
    changes: dict[str, object] = {
        "revision": begin.revision,
        "begun_at": begin.at,
        "stage": begin.stage,
        "source_versions": begin.source_versions,
        "reason": begin.reason,
        "keep_human_edits": begin.keep_human_edits,
        "anew": begin.anew,
        "failure": None,
    }
    if state.is_source:
        changes["versions"] = begin.source_versions
    elif begin.versions is not None:
        changes["versions"] = begin.versions
    if begin.reopen:
        changes["qc_state"] = reopened(state)
    return state.model_copy(update=changes)


def begun_already(state: LanguageState, begun: LanguageBegin) -> LanguageBegin:
    """The beginning from which the next run continues `state` as it is. Parts of the original may have changed since,
    such as the approved texts after a final one was uploaded."""
    return begun.model_copy(
        update={
            "stage": state.stage,
            "reopen": False,
            "reason": state.reason,
            "keep_human_edits": state.keep_human_edits,
            "anew": state.anew,
            "versions": None,
        }
    )


def reopened(state: LanguageState) -> QCState:
    """The state after the text is opened for its linguist again."""
    return QCState.IN_PROGRESS if state.linguist_id else QCState.UNASSIGNED


def cancelled(state: LanguageState) -> LanguageState:
    """The state after the workflow was cancelled from the Temporal UI or command line. The job may begin the language
    again."""
    failure = Failure(
        step=step_of(state.stage, is_source=state.is_source),
        language=state.language,
        code="cancelled",
        reason="Its workflow was cancelled in Temporal. Retry begins it again.",
    )
    return state.model_copy(update={"stage": LanguageStage.FAILED, "failure": failure})


def stopped(state: LanguageState, stop: LanguageStop) -> LanguageState:
    stage = LanguageStage.REMOVED if stop.removed else LanguageStage.WAITING
    return state.model_copy(update={"stage": stage, "reason": stop.reason, "failure": None})


def has_new_text(state: LanguageState, made: TranslateResult) -> bool:
    """Whether approved work now has a text that nobody has seen, because it was not requested at the time of
    approval."""
    approved = state.versions
    return (
        state.qc_state is QCState.APPROVED
        and approved is not None
        and any(approved.of(kind) is None and made.versions.of(kind) is not None for kind in Kind)
    )


def translated(
    state: LanguageState, made: TranslateResult, *, new_text: bool = False
) -> tuple[LanguageState, LanguageStage]:
    """The state after translation, and the next stage. Approved text without cues to check again is spoken at once."""
    qc = qc_after_translation(state, made.flagged_cues)
    if qc is QCState.APPROVED and (new_text or (state.anew and made.versions != state.versions)):
        qc = reopened(state)  # nobody has approved what was made again
    approved = qc is QCState.APPROVED
    changes = {
        "qc_state": qc,
        **_flagged(made),
        "glossary_version_id": made.glossary_version_id,
        "versions": made.versions if approved else None,
        "keep_human_edits": True,
        "anew": False,
    }
    following = LanguageStage.SYNTHESIZING if approved else LanguageStage.LANGUAGE_QC
    return state.model_copy(update=changes), following


def _flagged(made: TranslateResult) -> dict[str, object]:
    """The flagged cues, up to a total size. People choose cue ids, and the states of all languages go to the job in one
    message, and to one activity. Grouped by text, if the worker that translated says so."""
    if not made.flagged:
        return {**_NONE_FLAGGED, "flagged_cues": _kept(made.flagged_cues, _FLAGGED_BYTES)[0]}
    by_kind, left = {}, _FLAGGED_BYTES
    for kind, cues in made.flagged.items():
        by_kind[kind], left = _kept(cues, left)
    return {**_NONE_FLAGGED, "flagged": by_kind}


def _kept(flagged: tuple[str, ...], most: int) -> tuple[tuple[str, ...], int]:
    """The ids that fit, and how many bytes are left."""
    for place, cue_id in enumerate(flagged):
        size = len(json.dumps(cue_id)) + 1
        if size > most:
            return flagged[:place], 0
        most -= size
    return flagged, most


def qc_after_translation(state: LanguageState, flagged: tuple[str, ...]) -> QCState:
    """A first translation waits for its linguist. A later one stays where it was, unless approved text has cues that a
    person wrote and whose source has changed."""
    if state.qc_state is QCState.PENDING:
        return QCState.ASSIGNED if state.linguist_id else QCState.UNASSIGNED
    if state.qc_state is QCState.APPROVED and flagged:
        return QCState.IN_PROGRESS
    return state.qc_state
