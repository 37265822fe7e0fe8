"""Deleted jobs, and their restoration."""

from __future__ import annotations

from fastapi import APIRouter

from api.authn import Caller
from api.bodies.client_jobs import ClientJob
from api.bodies.jobs import JobOut
from api.errors import errors
from api.guards.jobs import RestorableJob
from api.idempotency import KeyedRoute, Once
from api.operations import jobs, kept

router = APIRouter(prefix="/jobs/{job_id}", tags=["Jobs"], route_class=KeyedRoute)


@router.post("/restore", responses=errors(409, 410))
async def restore_job(job: RestorableJob, caller: Caller, once: Once) -> JobOut | ClientJob:
    """Restores a deleted job, for as long as it is kept."""
    return await jobs.view(caller, await kept.restore(caller, job, once))
