"""Briefs: written and submitted by clients and project managers, approved or returned by the client's project
managers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.briefs import BriefBody, BriefDetail, BriefOut, BriefPatch, BriefReturnBody, BriefSummary
from api.errors import errors
from api.guards.briefs import BriefWriter, DecidableBrief, VisibleBrief, WritableBrief
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import briefs
from api.pagination import Page, Walking
from schema.enums import BriefAction, BriefStatus
from schema.queries.briefs import BriefFilter, BriefSort

router = APIRouter(prefix="/briefs", tags=["Briefs"], route_class=KeyedRoute)
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get("", responses=errors(400, 401))
async def list_briefs(
    caller: Caller,
    paging: Walking,
    status: Annotated[list[BriefStatus], Query(description="May be given more than once.")] = [],  # noqa: B006
    org_id: Annotated[UUID | None, Query(description="Of this organisation alone.")] = None,
    client_id: Annotated[UUID | None, Query(description="Of this client alone.")] = None,
    sort: Annotated[
        BriefSort, Query(description="By what; a leading - turns it round.")
    ] = BriefSort.CREATED_LAST,
) -> Page[BriefSummary]:
    """Lists the briefs of the clients that the caller sees, a page at a time."""
    return await briefs.listing(caller, BriefFilter(status, org_id, client_id), sort, paging)


@router.post("", status_code=201, responses=errors(400, 401, 403))
async def create_brief(ctx: BriefWriter, body: BriefBody, once: Once, response: Response) -> BriefOut:
    """Creates a draft."""
    made = await briefs.create(ctx, body, once)
    located(ctx.parts.settings, response, f"/briefs/{made.id}")
    return await briefs.view(ctx, made)


@router.get("/{brief_id}", responses=errors(401, 404))
async def get_brief(brief: VisibleBrief, caller: Caller) -> BriefDetail:
    """Returns one brief, with URLs of its attachments."""
    return await briefs.detail(caller, brief)


@router.patch("/{brief_id}", responses=_ERRORS)
async def change_brief(brief: WritableBrief, body: BriefPatch, caller: Caller, once: Once) -> BriefOut:
    """Changes a draft."""
    return await briefs.view(caller, await briefs.change(caller, brief, body, once))


@router.post("/{brief_id}/submit", responses=_ERRORS)
async def submit_brief(brief: WritableBrief, caller: Caller, once: Once) -> BriefOut:
    """Submits a draft to the client's project managers."""
    return await briefs.view(caller, await briefs.decide(caller, brief, BriefAction.SUBMIT, once))


@router.post("/{brief_id}/approve", responses=_ERRORS)
async def approve_brief(brief: DecidableBrief, caller: Caller, once: Once) -> BriefOut:
    """Approves a brief. A job can be made from it from now on."""
    return await briefs.view(caller, await briefs.decide(caller, brief, BriefAction.APPROVE, once))


@router.post("/{brief_id}/return", responses=_ERRORS)
async def return_brief(brief: DecidableBrief, body: BriefReturnBody, caller: Caller, once: Once) -> BriefOut:
    """Returns a brief, which becomes a draft again, with a reason."""
    decided = await briefs.decide(caller, brief, BriefAction.RETURN, once, reason=body.reason)
    return await briefs.view(caller, decided)
