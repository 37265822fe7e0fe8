"""The same action on many jobs, each with its own result."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.batches import (
    BulkBody,
    BulkDeleteBody,
    BulkDownloadBody,
    BulkOut,
    BulkReasonBody,
    BulkRetryBody,
    BulkReturnBody,
)
from api.context import Context
from api.errors import errors
from api.guards.batches import FinalReviewer, Producer, Remover, SourceReviewer
from api.idempotency import KeyedRoute, Once
from api.operations import batches
from schema.contracts.batches import MOST_JOBS, BatchWork
from schema.enums import BatchAction

router = APIRouter(route_class=KeyedRoute)
_LATER: dict[int | str, dict[str, Any]] = {
    **errors(400),
    202: {"model": BulkOut, "description": "It runs as a batch."},
}


@router.delete("/jobs/bulk", tags=["Jobs"], responses=_LATER)
async def bulk_delete(
    caller: Remover,
    once: Once,
    response: Response,
    body: BulkDeleteBody | None = None,
    job_id: Annotated[
        list[UUID], Query(max_length=MOST_JOBS, description="May be given more than once.")
    ] = [],  # noqa: B006
) -> BulkOut:
    """Deletes jobs. Open ones are cancelled first."""
    ids = batches.given([*(body.job_ids if body else ()), *job_id])
    return await _answer(caller, BatchWork(action=BatchAction.DELETE), ids, once, response)


@router.post("/jobs/bulk/approve", tags=["Jobs"], responses=_LATER)
async def bulk_approve(caller: SourceReviewer, body: BulkBody, once: Once, response: Response) -> BulkOut:
    """Approves the current source texts. The languages start."""
    return await _answer(caller, BatchWork(action=BatchAction.APPROVE), body.job_ids, once, response)


@router.post("/jobs/bulk/return-to-qc", tags=["Jobs"], responses=_LATER)
async def bulk_return(caller: FinalReviewer, body: BulkReturnBody, once: Once, response: Response) -> BulkOut:
    """Returns the jobs to source QC, or the named languages to their linguists."""
    languages = tuple(body.languages)
    work = BatchWork(action=BatchAction.RETURN_TO_QC, reason=body.reason, languages=languages)
    return await _answer(caller, work, body.job_ids, once, response)


@router.post("/jobs/bulk/complete", tags=["Jobs"], responses=_LATER)
async def bulk_complete(caller: FinalReviewer, body: BulkBody, once: Once, response: Response) -> BulkOut:
    """Passes final review for each job whose requested outputs exist."""
    return await _answer(caller, BatchWork(action=BatchAction.COMPLETE), body.job_ids, once, response)


@router.post("/jobs/bulk/reject-final", tags=["Jobs"], responses=_LATER)
async def bulk_reject(caller: FinalReviewer, body: BulkReasonBody, once: Once, response: Response) -> BulkOut:
    """Rejects the jobs in final review."""
    work = BatchWork(action=BatchAction.REJECT_FINAL, reason=body.reason)
    return await _answer(caller, work, body.job_ids, once, response)


@router.post("/jobs/bulk/download", tags=["Jobs"], status_code=202, responses=errors(400))
async def bulk_download(caller: Caller, body: BulkDownloadBody, once: Once) -> BulkOut:
    """Packs the outputs of the jobs into one ZIP. Its URL is signed by each `GET /batches/{id}`."""
    return await batches.bulk(caller, body.work(), body.job_ids, once)


@router.post("/production/bulk-retry", tags=["Production"], responses=_LATER)
async def bulk_retry(caller: Producer, body: BulkRetryBody, once: Once, response: Response) -> BulkOut:
    """Continues each job at its failed step."""
    work = BatchWork(action=BatchAction.RETRY, from_step=body.from_step)
    return await _answer(caller, work, body.job_ids, once, response)


async def _answer(
    ctx: Context, work: BatchWork, job_ids: list[UUID], once: Once, response: Response
) -> BulkOut:
    done = await batches.bulk(ctx, work, job_ids, once)
    response.status_code = 202 if done.results is None else 200
    return done
