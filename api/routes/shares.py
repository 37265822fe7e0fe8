"""Share links of a job, and the public page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.authn import Caller
from api.bodies.shares import ShareBody, SharedJob, ShareMade, ShareOut
from api.context import AnyVisit
from api.errors import errors
from api.guards.base import Public
from api.guards.shares import RevocableShare, ShareableJob
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import shares
from api.pagination import Page, Paging

router = APIRouter(prefix="/share", tags=["Share tokens"], route_class=KeyedRoute)
_OF_JOB = "/jobs/{job_id}/share"


@router.post(_OF_JOB, status_code=201, responses=errors(400, 401, 403, 404, 409))
async def share_job(
    job: ShareableJob, caller: Caller, once: Once, response: Response, body: ShareBody | None = None
) -> ShareMade:
    """Creates a link to the delivered outputs of a completed job, for anyone who has it. It is shown only once."""
    made = await shares.create(caller, job, body or ShareBody(), once)
    located(caller.parts.settings, response, f"/share/jobs/{job.id}/share/{made.id}")
    return made


@router.get(_OF_JOB, responses=errors(401, 403, 404))
async def list_shares(job: ShareableJob, caller: Caller, paging: Paging) -> Page[ShareOut]:
    """Lists the links that still work, newest first."""
    return await shares.listing(caller, job, paging)


@router.delete(_OF_JOB + "/{token_id}", status_code=204, responses=errors(401, 403, 404, 409))
async def revoke_share(found: RevocableShare, caller: Caller, once: Once) -> None:
    """Revokes a link. Its page ends at once; URLs that were handed out expire within an hour."""
    await shares.revoke(caller, found, once)


@router.get("/public/share/{token}", dependencies=[Public], responses=errors(404, 429))
async def shared_job(
    token: Annotated[str, Path(max_length=200, description="What the link carries behind `#token=`.")],
    visit: AnyVisit,
) -> SharedJob:
    """Returns the title, the languages and the files for players, as delivered by the job's last completion."""
    return await shares.public(visit, token)
