"""People's decisions about a job."""

from __future__ import annotations

from fastapi import APIRouter

from api.authn import Caller
from api.bodies.actions import (
    ApproveBody,
    MaybeReasonBody,
    ReasonBody,
    RetryBody,
    RetrySpeechBody,
    ReturnBody,
)
from api.bodies.jobs import JobView
from api.errors import errors
from api.guards.jobs import ChangeableJob, FinalReviewJob, RetriableJob, ReviewableJob, SteerableJob
from api.idempotency import KeyedRoute, Once
from api.operations.decisions import decide_job
from api.operations.jobs import view
from api.operations.notes import returned
from schema.enums import JobAction

router = APIRouter(
    prefix="/jobs/{job_id}",
    tags=["Jobs"],
    route_class=KeyedRoute,
    responses=errors(400),
)


@router.post("/cancel")
async def cancel(
    job: ChangeableJob, caller: Caller, once: Once, body: MaybeReasonBody | None = None
) -> JobView:
    """Cancels the job. Running steps stop within seconds."""
    reason = body.reason if body else None
    return await view(caller, await decide_job(caller, job, JobAction.CANCEL, once, reason=reason))


@router.post("/retry")
async def retry(job: RetriableJob, caller: Caller, once: Once, body: RetryBody | None = None) -> JobView:
    """Continues at the failed step. A rejected job needs `from_step`."""
    asked = body or RetryBody()
    decided = await decide_job(
        caller, job, JobAction.RETRY, once, language=asked.language, from_step=asked.from_step
    )
    return await view(caller, decided)


@router.post("/actions/approve_source")
async def approve_source(
    job: ReviewableJob, caller: Caller, once: Once, body: ApproveBody | None = None
) -> JobView:
    """Approves the source texts. The languages start."""
    versions = body.versions if body else None
    return await view(
        caller, await decide_job(caller, job, JobAction.APPROVE_SOURCE, once, versions=versions)
    )


@router.post("/actions/approve_english")
async def approve_english(
    job: ReviewableJob, caller: Caller, once: Once, body: ApproveBody | None = None
) -> JobView:
    """Like `approve_source`, for a job whose source language is English."""
    versions = body.versions if body else None
    return await view(
        caller, await decide_job(caller, job, JobAction.APPROVE_ENGLISH, once, versions=versions)
    )


@router.post("/actions/reject")
async def reject(job: ReviewableJob, body: ReasonBody, caller: Caller, once: Once) -> JobView:
    """Returns the job to its creator, with a reason."""
    return await view(caller, await decide_job(caller, job, JobAction.REJECT, once, reason=body.told()))


@router.post("/actions/complete")
async def complete(job: FinalReviewJob, caller: Caller, once: Once) -> JobView:
    """Passes final review. Every requested output must exist."""
    return await view(caller, await decide_job(caller, job, JobAction.COMPLETE, once))


@router.post("/actions/reject_final")
async def reject_final(job: FinalReviewJob, body: ReasonBody, caller: Caller, once: Once) -> JobView:
    """Rejects the job in final review."""
    return await view(caller, await decide_job(caller, job, JobAction.REJECT_FINAL, once, reason=body.told()))


@router.post("/actions/return_to_qc")
async def return_to_qc(job: FinalReviewJob, body: ReturnBody, caller: Caller, once: Once) -> JobView:
    """Returns the job to source QC, or the named languages to their linguists."""
    named = await returned(caller, job, body.note_ids, body.languages, once)
    told = {"reason": body.reason, "languages": tuple(body.languages), "notes": named}
    return await view(caller, await decide_job(caller, job, JobAction.RETURN_TO_QC, once, **told))


@router.post("/actions/blocked_on_source")
async def blocked_on_source(job: SteerableJob, body: ReasonBody, caller: Caller, once: Once) -> JobView:
    """Blocks the job because of a problem with the video itself. Running steps stop, and existing results are kept."""
    return await view(
        caller, await decide_job(caller, job, JobAction.BLOCKED_ON_SOURCE, once, reason=body.told())
    )


@router.post("/actions/promote_to_qc")
async def promote_to_qc(job: SteerableJob, caller: Caller, once: Once) -> JobView:
    """Sends the job to source QC with the drafts that exist."""
    return await view(caller, await decide_job(caller, job, JobAction.PROMOTE_TO_QC, once))


@router.post("/actions/retry_tts")
async def retry_tts(job: SteerableJob, body: RetrySpeechBody, caller: Caller, once: Once) -> JobView:
    """Speaks and renders one language again. Other languages are unaffected."""
    return await view(
        caller, await decide_job(caller, job, JobAction.RETRY_TTS, once, language=body.language)
    )
