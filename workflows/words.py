"""Statuses, steps and actions in words, for the people who read them in the Temporal UI."""

from __future__ import annotations

from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState, Step

STATUS = {
    JobStatus.CREATED: "Begins",
    JobStatus.PROBING: "Examines the source",
    JobStatus.TRANSCRIBING: "Listens to the speech",
    JobStatus.DESCRIBING: "Describes what is seen",
    JobStatus.PENDING_QC: "Waits for source QC",
    JobStatus.TRANSLATING: "Translates",
    JobStatus.LANGUAGE_QC: "Waits for language QC",
    JobStatus.SYNTHESIZING: "Speaks the descriptions",
    JobStatus.MUXING: "Renders the accessible videos",
    JobStatus.PENDING_FINAL_REVIEW: "Waits for final review",
    JobStatus.COMPLETED: "Completed",
    JobStatus.REJECTED: "Rejected",
    JobStatus.BLOCKED_ON_SOURCE: "Blocked on its source",
    JobStatus.FAILED: "Failed",
    JobStatus.CANCELLED: "Cancelled",
}
STAGE = {
    LanguageStage.WAITING: "waits for the source",
    LanguageStage.TRANSLATING: "is being translated",
    LanguageStage.LANGUAGE_QC: "waits for language QC",
    LanguageStage.SYNTHESIZING: "is being spoken",
    LanguageStage.MUXING: "is being rendered",
    LanguageStage.READY: "is ready",
    LanguageStage.FAILED: "failed",
    LanguageStage.REMOVED: "is not requested any more",
}
STATUS_OF_STAGE = {
    LanguageStage.WAITING: JobStatus.PENDING_QC,
    LanguageStage.TRANSLATING: JobStatus.TRANSLATING,
    LanguageStage.LANGUAGE_QC: JobStatus.LANGUAGE_QC,
    LanguageStage.SYNTHESIZING: JobStatus.SYNTHESIZING,
    LanguageStage.MUXING: JobStatus.MUXING,
    LanguageStage.READY: JobStatus.PENDING_FINAL_REVIEW,
    LanguageStage.FAILED: JobStatus.FAILED,
    LanguageStage.REMOVED: JobStatus.CANCELLED,
}
"""`JobStatus` of a language's workflow. Lists of jobs and of languages filter by the same words. No two stages share
one: a recorded history would contain an attribute update that its replay leaves out."""
QC = {
    QCState.PENDING: "not translated yet",
    QCState.UNASSIGNED: "needs a linguist",
    QCState.ASSIGNED: "a linguist is assigned",
    QCState.IN_PROGRESS: "a linguist works on it",
    QCState.SUBMITTED: "submitted for review",
    QCState.IN_REVIEW: "in review",
    QCState.APPROVED: "approved",
    QCState.REJECTED: "rejected by the reviewer",
}
STEP = {
    Step.PROBE: "Examining the source",
    Step.TRANSCRIBE: "Listening to the speech",
    Step.DESCRIBE: "Describing what is seen",
    Step.TRANSLATE: "Translating",
    Step.SYNTHESIZE: "Speaking the descriptions",
    Step.MUX: "Rendering the accessible video",
}
ACTION = {
    JobAction.APPROVE_SOURCE: "approve the source texts",
    JobAction.APPROVE_ENGLISH: "approve the English texts",
    JobAction.REJECT: "reject",
    JobAction.PROMOTE_TO_QC: "go on to source QC without a draft",
    JobAction.BLOCKED_ON_SOURCE: "block on the source",
    JobAction.RETRY: "retry",
    JobAction.RETRY_TTS: "speak a language again",
    JobAction.COMPLETE: "complete",
    JobAction.REJECT_FINAL: "reject at final review",
    JobAction.RETURN_TO_QC: "return to QC",
    JobAction.REOPEN_LANGUAGE: "open a language again",
    JobAction.CANCEL: "cancel",
    JobAction.CHANGE_OUTPUTS: "change the outputs",
    JobAction.UPLOAD_FINAL: "take the current text of a language as its final one",
    JobAction.CHANGE_PRIORITY: "say how urgent it is",
    JobAction.NEW_SOURCE: "give it another video",
    JobAction.ASSIGN_SOURCE: "say who works on the source texts",
    JobAction.REPROCESS: "do a step again",
}
LANGUAGE_ACTION = {
    LanguageAction.ASSIGN: "assign a linguist",
    LanguageAction.REASSIGN: "assign another linguist",
    LanguageAction.ASSIGN_REVIEWER: "assign a reviewer",
    LanguageAction.REASSIGN_REVIEWER: "assign another reviewer",
    LanguageAction.START_WORK: "start work",
    LanguageAction.SUBMIT: "submit for review",
    LanguageAction.OPEN_REVIEW: "open the review",
    LanguageAction.APPROVE: "approve",
    LanguageAction.REJECT: "reject",
    LanguageAction.REOPEN: "open again",
    LanguageAction.UNASSIGN: "take the linguist off it",
    LanguageAction.UNASSIGN_REVIEWER: "take the reviewer off it",
}


_EVENTS = {action.value: words for action, words in (*ACTION.items(), *LANGUAGE_ACTION.items())}


def event_in_words(event: str) -> str:
    """An event of the log in words if it is a decision, such as `approve_source`; otherwise its name."""
    return _EVENTS.get(event, event.replace("_", " "))
