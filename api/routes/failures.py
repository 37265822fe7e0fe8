"""Failed jobs, for those who fix them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.bodies.failures import Failures
from api.errors import errors
from api.guards.production import Staff
from api.intake import Route
from api.operations import failures
from api.pagination import Paging
from schema.contracts.bounds import Moment
from schema.enums import Step
from schema.queries.failures import Wanted

router = APIRouter(prefix="/production/failures", tags=["Production"], route_class=Route)


@router.get("", responses=errors(401, 403))
async def list_failures(
    caller: Staff,
    paging: Paging,
    step: Annotated[Step | None, Query(description="That failed.")] = None,
    reason: Annotated[
        str | None, Query(max_length=64, description="A failure's `code`, such as `provider_failed`.")
    ] = None,
    org_id: Annotated[UUID | None, Query(description="Of this organisation alone.")] = None,
    client_id: Annotated[UUID | None, Query(description="Of this client alone.")] = None,
    since: Annotated[Moment | None, Query(description="What failed then or later.")] = None,
) -> Failures:
    """Lists failed jobs, the most recent failure first, and how many failed for which reason."""
    return await failures.listing(caller, Wanted(step, reason, org_id, client_id, since), paging)
