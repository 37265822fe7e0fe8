"""Statistics of the platform, for admins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from api.bodies.stats import PipelineStats, Stats
from api.errors import errors
from api.guards.organizations import Administrator
from api.intake import Route
from api.operations import stats
from api.sheets import ANSWER, Format
from schema.contracts.bounds import Moment
from schema.errors import Invalid
from schema.queries.stats import By, Wanted
from schema.tables import now

router = APIRouter(prefix="/admin", tags=["Admin"], route_class=Route)
_ERRORS = {**errors(400, 401, 403), **ANSWER}
_USUAL = timedelta(days=30)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
FormatQuery = Annotated[Format, Query(alias="format", description="`csv`: one figure a row.")]


def get_wanted(
    since: Annotated[Moment | None, Query(description="Absent: 30 days before `until`.")] = None,
    until: Annotated[Moment | None, Query(description="Absent: now.")] = None,
    by: Annotated[By, Query(description="What the figures are told apart by.")] = By.NOTHING,
    org_id: Annotated[UUID | None, Query(description="Of this organisation alone.")] = None,
    client_id: Annotated[UUID | None, Query(description="Of this client alone.")] = None,
) -> Wanted:
    end = until or now()
    begin = since or max(end, _EARLIEST + _USUAL) - _USUAL
    if begin >= end:
        raise Invalid("The period ends before it begins: `since` is to be before `until`.")
    return Wanted(begin, end, by, org_id, client_id)


Period = Annotated[Wanted, Depends(get_wanted)]


@router.get("/stats", responses=_ERRORS, response_model=Stats)
async def platform_stats(
    caller: Administrator, wanted: Period, form: FormatQuery = "json"
) -> Stats | StreamingResponse:
    """Returns jobs by status and, for a period: jobs, minutes, words, human changes to drafts, and daily throughput."""
    found = await stats.platform(caller, wanted)
    return await stats.sheet(caller, "stats", found) if form == "csv" else found


@router.get("/jobs/stats", responses=_ERRORS, response_model=PipelineStats)
async def job_stats(
    caller: Administrator, wanted: Period, form: FormatQuery = "json"
) -> PipelineStats | StreamingResponse:
    """Returns how long each step took in a period, and how often each gate was passed at its first decision."""
    found = await stats.pipeline(caller, wanted)
    return await stats.sheet(caller, "job-stats", found) if form == "csv" else found
