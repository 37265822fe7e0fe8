"""What a decision about a language does to its state: pure."""

from __future__ import annotations

from schema.contracts.language import LanguageDecision, LanguageState
from schema.contracts.steps import Versions
from schema.enums import LanguageAction, LanguageStage, QCState
from schema.transitions import LANGUAGE, NEEDS_REASON, allowed_language_actions
from workflows.work import conflict, invalid

_ASSIGNS = {
    LanguageAction.ASSIGN,
    LanguageAction.REASSIGN,
    LanguageAction.ASSIGN_REVIEWER,
    LanguageAction.REASSIGN_REVIEWER,
}


def refuse(state: LanguageState, decision: LanguageDecision) -> None:
    """Raises where `state` does not allow `decision`.

    Raises:
        ApplicationError: `conflict` or `invalid`.
    """
    if state.is_source:
        raise conflict("The source language has no language QC: it follows source QC.")
    if state.stage in (LanguageStage.WAITING, LanguageStage.REMOVED):
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
    if decision.action in _ASSIGNS:
        _refuse_person(state, decision)
    actor = decision.actor.user_id
    if decision.action is LanguageAction.APPROVE and actor is not None and actor in state.worked_by:
        raise conflict("Nobody reviews their own translation: somebody else must approve it.", "own_work")
    if decision.action is LanguageAction.REOPEN and state.linguist_id is None:
        raise conflict("Assign a linguist first.")


def _refuse_person(state: LanguageState, decision: LanguageDecision) -> None:
    if decision.person_id is None:
        raise invalid(f"{decision.action} needs person_id.")
    reviews = decision.action in (LanguageAction.ASSIGN_REVIEWER, LanguageAction.REASSIGN_REVIEWER)
    if reviews and decision.person_id in {*state.worked_by, state.linguist_id}:
        raise conflict("Nobody reviews their own translation: assign another reviewer.", "own_work")
    if not reviews and decision.person_id == state.reviewer_id:
        raise conflict("Nobody reviews their own translation: assign another linguist.", "own_work")


def after(state: LanguageState, decision: LanguageDecision, pinned: Versions | None) -> LanguageState:
    """The state after `decision`, which was not refused; `pinned` are the versions that an approval pinned."""
    changes: dict[str, object] = {
        "qc_state": LANGUAGE[decision.action][state.qc_state],
        "reason": decision.reason,
    }
    actor = decision.actor.user_id
    match decision.action:
        case LanguageAction.ASSIGN | LanguageAction.REASSIGN:
            changes |= {"linguist_id": decision.person_id, "due_at": decision.due_at or state.due_at}
        case LanguageAction.ASSIGN_REVIEWER | LanguageAction.REASSIGN_REVIEWER:
            changes |= {"reviewer_id": decision.person_id, "due_at": decision.due_at or state.due_at}
        case LanguageAction.START_WORK | LanguageAction.SUBMIT:
            changes["worked_by"] = tuple(dict.fromkeys([*state.worked_by, *([actor] if actor else [])]))
        case LanguageAction.APPROVE:
            changes |= {"versions": pinned, "stage": LanguageStage.SYNTHESIZING, "flagged_cues": ()}
        case LanguageAction.REOPEN:
            changes |= {"stage": LanguageStage.LANGUAGE_QC, "failure": None}
        case _:
            pass
    return state.model_copy(update=changes)


def stops_work(before: LanguageState, now: LanguageState) -> bool:
    """Whether the stage changed, so that what runs must stop."""
    return before.stage is not now.stage


def qc_after_translation(state: LanguageState, flagged: tuple[str, ...]) -> QCState:
    """A first translation waits for its linguist; a later one stays where it was, unless approved text has cues that
    a person wrote and whose source has changed."""
    if state.qc_state is QCState.PENDING:
        return QCState.ASSIGNED if state.linguist_id else QCState.UNASSIGNED
    if state.qc_state is QCState.APPROVED and flagged:
        return QCState.IN_PROGRESS
    return state.qc_state
