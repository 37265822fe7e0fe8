"""The decision of a batch about one job. Pure."""

from __future__ import annotations

from collections.abc import Callable

from schema.contracts.batches import BatchWork
from schema.contracts.job import JobDecision, JobState
from schema.contracts.providers import ProviderCatalog
from schema.contracts.steps import JobRef
from schema.enums import BatchAction, JobAction, LanguageStage, Step
from schema.errors import Conflict, Invalid
from schema.transitions import STATUS_OF_STEP

_PLAIN = {
    BatchAction.APPROVE: JobAction.APPROVE_SOURCE,
    BatchAction.COMPLETE: JobAction.COMPLETE,
    BatchAction.REJECT_FINAL: JobAction.REJECT_FINAL,
}


def decision_of(
    work: BatchWork, state: JobState, job: JobRef, catalog: Callable[[], ProviderCatalog]
) -> JobDecision:
    """Raises:
    Conflict: the job has none of the requested languages.
    Invalid: the requested outputs cannot be made here.
    """
    match work.action:
        case BatchAction.DELETE:
            return JobDecision(action=JobAction.CANCEL, reason="The job was deleted.")
        case BatchAction.RETRY:
            return JobDecision(action=JobAction.RETRY, from_step=work.from_step)
        case BatchAction.RETURN_TO_QC:
            languages = _named(work, state)
            return JobDecision(action=JobAction.RETURN_TO_QC, reason=work.reason, languages=languages)
        case BatchAction.REPROCESS:
            step = work.from_step or Step.PROBE
            return JobDecision(
                action=JobAction.REPROCESS,
                from_step=step,
                languages=() if step in STATUS_OF_STEP else _named(work, state),
                keep_human_edits=work.keep_human_edits,
                reason=work.reason,
            )
        case BatchAction.RETRY_TTS:
            spoken = _named(work, state) or _requested(state)
            if not spoken:
                raise Conflict("The source is to be approved first.")
            return JobDecision(action=JobAction.RETRY_TTS, languages=spoken)
        case BatchAction.CHANGE_OUTPUTS:
            assert work.outputs is not None
            outputs = work.outputs.of(state.outputs)
            if state.outputs.makes_the_same(outputs, job.source_language):
                raise Conflict("These outputs were asked for already.")
            if wrong := catalog().refusals(job.source_language, outputs):
                raise Invalid(wrong[0].message)
            return JobDecision(action=JobAction.CHANGE_OUTPUTS, outputs=outputs)
    return JobDecision(action=_PLAIN[work.action], reason=work.reason)


def _named(work: BatchWork, state: JobState) -> tuple[str, ...]:
    """The requested languages that the job has. None requested gives none."""
    requested = _requested(state)
    found = tuple(code for code in work.languages if code in requested)
    if work.languages and not found:
        raise Conflict(f"The job has no language {', '.join(work.languages)}.")
    return found


def _requested(state: JobState) -> tuple[str, ...]:
    return tuple(code for code, each in state.languages.items() if each.stage is not LanguageStage.REMOVED)
