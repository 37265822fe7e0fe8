"""Batches: one action on many jobs, and its results."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.batches import BatchBody, BatchDetail, BatchOut, ForeseenOut
from api.errors import errors
from api.guards.batches import Producer, VisibleBatch
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import batches
from api.operations.batch_steering import steer
from api.pagination import Page, Paging
from schema.enums import BatchStatus, Outcome
from workflows import names

router = APIRouter(prefix="/batches", tags=["Batches"], route_class=KeyedRoute)


@router.get("", responses=errors(401))
async def list_batches(
    caller: Caller,
    paging: Paging,
    status: Annotated[list[BatchStatus], Query(description="May be given more than once.")] = [],  # noqa: B006
) -> Page[BatchOut]:
    """Lists the caller's own batches and those of their organisations, newest first."""
    return await batches.listing(caller, status, paging)


@router.post("", status_code=202, responses={**errors(400), 200: {"model": ForeseenOut}})
async def create_batch(
    caller: Producer, body: BatchBody, once: Once, response: Response
) -> BatchOut | ForeseenOut:
    """Starts one action on many jobs. With `dry_run` it only reports what would be done (200)."""
    if body.dry_run:
        response.status_code = 200
        return await batches.foresee(caller, body.asked(), body.job_ids)
    made = await batches.ask(caller, body.asked(), body.job_ids, once)
    located(caller.parts.settings, response, f"/batches/{made.id}")
    return await batches.shown(caller, made)


@router.get("/{batch_id}", responses=errors(401, 404))
async def get_batch(
    batch: VisibleBatch,
    caller: Caller,
    paging: Paging,
    outcome: Annotated[Outcome | None, Query(description="Of the items: these alone.")] = None,
) -> BatchDetail:
    """Returns the progress of a batch, the result of each job, and the URL of a packed archive."""
    return await batches.view(caller, batch, outcome, paging)


@router.post("/{batch_id}/pause", responses=errors(409))
async def pause_batch(batch: VisibleBatch, caller: Caller, once: Once) -> BatchOut:
    """Pauses a batch. Jobs in flight finish; no others start until `resume`."""
    return await batches.shown(caller, await steer(caller, batch, names.PAUSE, once))


@router.post("/{batch_id}/resume", responses=errors(409))
async def resume_batch(batch: VisibleBatch, caller: Caller, once: Once) -> BatchOut:
    """Resumes a paused batch."""
    return await batches.shown(caller, await steer(caller, batch, names.RESUME, once))


@router.post("/{batch_id}/cancel", responses=errors(409))
async def cancel_batch(batch: VisibleBatch, caller: Caller, once: Once) -> BatchOut:
    """Cancels a batch. Jobs that have not started are skipped; finished work is kept."""
    return await batches.shown(caller, await steer(caller, batch, names.CANCEL, once))
