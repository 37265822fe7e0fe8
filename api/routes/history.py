"""The history of a job."""

from __future__ import annotations

from fastapi import APIRouter

from api.authn import Caller
from api.bodies.history import HistoryOut
from api.errors import errors
from api.guards.jobs import VisibleJob
from api.intake import Route
from api.operations import history
from api.pagination import Page, Walking

router = APIRouter(prefix="/jobs/{job_id}/history", tags=["Jobs"], route_class=Route)


@router.get("", responses=errors(400))
async def list_history(job: VisibleJob, caller: Caller, paging: Walking) -> Page[HistoryOut]:
    """Lists decisions, versions, assignments, deliveries and failures, newest first, as far as the caller may see
    them."""
    return await history.listing(caller, job, paging)
