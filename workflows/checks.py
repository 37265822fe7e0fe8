"""The checks of a decision that need the database, and what they do to the texts concerned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from schema.contracts.job import JobDecision, JobState
from schema.contracts.language import LanguageBegin, LanguageDecision, LanguageState
from schema.contracts.records import (
    EnsureTextInput,
    PersonInput,
    PinInput,
    PinResult,
    UnlockInput,
    VerifyInput,
)
from schema.contracts.steps import JobRef, Versions
from schema.enums import Gate, JobAction
from workflows import steps
from workflows.language_decisions import ASSIGNS_REVIEWER
from workflows.refusals import conflict, invalid

Check = Callable[[JobRef, JobState, JobDecision], Awaitable[Versions | None]]


async def pin(job: JobRef, state: JobState, decision: JobDecision) -> Versions:
    """Locks the source texts if they are the versions that the reviewer looked at."""
    result = await steps.PIN(
        PinInput(
            job=job,
            language=job.source_language,
            gate=Gate.SOURCE_QC,
            expected=decision.versions,
            outputs=state.outputs,
            artifacts=state.artifacts,
            check=False,
            actor=decision.actor,
        )
    )
    return _pinned(result)


async def pin_final(job: JobRef, state: JobState, decision: JobDecision) -> Versions:
    """Locks the current versions of a language as its approved ones. Whoever uploaded one has seen its findings."""
    assert decision.language is not None
    of_source = decision.language == job.source_language
    inputs = PinInput(
        job=job,
        language=decision.language,
        gate=Gate.SOURCE_QC if of_source else Gate.LANGUAGE_QC,
        expected=decision.versions,
        outputs=state.outputs,
        artifacts=state.artifacts,
        check=False,
        actor=decision.actor,
    )
    return _pinned(await steps.PIN(inputs))


async def pin_language(
    job: JobRef, state: LanguageState, begun: LanguageBegin, decision: LanguageDecision
) -> Versions:
    """Locks the texts of a language if they are the versions that were looked at and have no blocking finding."""
    result = await steps.PIN(
        PinInput(
            job=job,
            language=state.language,
            gate=Gate.LANGUAGE_QC,
            expected=decision.versions,
            outputs=begun.outputs,
            artifacts=begun.artifacts,
            check=True,
            override_reason=decision.override_reason,
            decision_id=decision.id,
            actor=decision.actor,
        )
    )
    return _pinned(result)


async def check_person(job: JobRef, decision: LanguageDecision) -> None:
    """Checks that an assignee is a member of the organisation, in a role that can do the work."""
    assert decision.person_id is not None
    inputs = PersonInput(
        job=job, person_id=decision.person_id, as_reviewer=decision.action in ASSIGNS_REVIEWER
    )
    if refusal := (await steps.CHECK_PERSON(inputs)).refusal:
        raise invalid(refusal)


async def open_text(job: JobRef, language: str) -> None:
    """Opens texts that an approval has locked, so that people can save them again."""
    await steps.UNLOCK(UnlockInput(job=job, language=language))


def _pinned(result: PinResult) -> Versions:
    """Returns the pinned versions, or raises the refusal."""
    if result.refusal or result.versions is None:
        message = result.refusal or "The texts could not be pinned."
        raise conflict(message, result.code or "stale", findings=list(result.findings))
    return result.versions


async def check_source_person(job: JobRef, state: JobState, decision: JobDecision) -> None:
    """Like `check_person`, for the source texts. Taking somebody off needs no check."""
    if decision.person_id is None:
        return
    inputs = PersonInput(job=job, person_id=decision.person_id, as_reviewer=decision.as_reviewer)
    if refusal := (await steps.CHECK_PERSON(inputs)).refusal:
        raise invalid(refusal)


async def ensure_text(job: JobRef, state: JobState, decision: JobDecision) -> None:
    """Ensures that there is a source text to check. A missing audio description becomes an empty one."""
    ensured = await steps.ENSURE_TEXT(EnsureTextInput(job=job, outputs=state.outputs))
    if ensured.refusal:
        raise conflict(ensured.refusal)


async def verify(job: JobRef, state: JobState, decision: JobDecision) -> None:
    """Verifies that every requested asset exists, and that every description is heard in it."""
    verified = await steps.VERIFY(VerifyInput(job=job, outputs=state.outputs))
    if verified.missing:
        missing = [f"{each.kind.value} ({each.language})" for each in verified.missing]
        message = f"Not every requested output exists: {', '.join(missing)} is missing."
        raise conflict(message, "missing", missing=missing)
    if verified.unheard:
        more = f" ({len(verified.unheard) - 1} more)" if len(verified.unheard) > 1 else ""
        raise conflict(
            f"Not every description is heard. {verified.unheard[0]}{more}",
            "blocking_findings",
            findings=list(verified.unheard),
        )


CHECKS: dict[JobAction, Check] = {
    JobAction.APPROVE_SOURCE: pin,
    JobAction.APPROVE_ENGLISH: pin,
    JobAction.PROMOTE_TO_QC: ensure_text,
    JobAction.COMPLETE: verify,
    JobAction.UPLOAD_FINAL: pin_final,
    JobAction.ASSIGN_SOURCE: check_source_person,
}
