"""Reprocessing of jobs, by an admin."""

from __future__ import annotations

from fastapi import APIRouter

from api.authn import Caller
from api.bodies.actions import ReprocessBody
from api.bodies.jobs import JobView
from api.errors import errors
from api.guards.jobs import AdministrableJob
from api.idempotency import KeyedRoute, Once
from api.operations import jobs
from api.operations.decisions import reprocess_job

router = APIRouter(prefix="/admin/maintenance", tags=["Admin"], route_class=KeyedRoute)


@router.post("/reprocess-job/{job_id}", responses=errors(400, 409))
async def reprocess(job: AdministrableJob, caller: Caller, once: Once, body: ReprocessBody) -> JobView:
    """Repeats the work of any job from a step on: of an open one at once, of a closed one in a new run."""
    return await jobs.view(caller, await reprocess_job(caller, job, body, once))
