"""Jobs: listed, shown, changed, deleted and cloned, and their outputs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.client_jobs import ClientJobSummary
from api.bodies.downloads import Downloads, Validation
from api.bodies.jobs import CloneBody, JobPatch, JobSummary, JobView, SourceBody
from api.errors import errors
from api.guards.jobs import ChangeableJob, DeletableJob, VisibleJob
from api.headers import IfMatch, Revalidated, located
from api.idempotency import KeyedRoute, Once
from api.job_query import Wanted
from api.operations import downloads, jobs, kept, sources
from api.pagination import Page, Walking
from schema.queries.jobs import Sort

router = APIRouter(prefix="/jobs", tags=["Jobs"], route_class=KeyedRoute)


@router.get("", responses=errors(400))
async def list_jobs(
    caller: Caller,
    paging: Walking,
    wanted: Wanted,
    sort: Annotated[Sort, Query(description="By what; a leading - turns it round.")] = Sort.CREATED_LAST,
    deleted: Annotated[
        bool, Query(description="Those that were deleted instead, the last one first: for production.")
    ] = False,
) -> Page[JobSummary | ClientJobSummary]:
    """Lists the jobs that the caller sees, a page at a time."""
    if deleted:
        return await kept.deleted(caller, wanted, sort, paging)
    return await jobs.listing(caller, wanted, sort, paging)


@router.get("/{job_id}", dependencies=[Revalidated])
async def get_job(job: VisibleJob, caller: Caller) -> JobView:
    """Returns one job with its languages and their outputs."""
    return await jobs.view(caller, job)


@router.patch("/{job_id}", responses=errors(400))
async def change_job(
    job: ChangeableJob, body: JobPatch, caller: Caller, once: Once, tags: IfMatch
) -> JobView:
    """Changes title, notes and requested outputs. Outputs that need a text which was never drafted send the job back to
    draft it, and to source QC."""
    if tags is not None and not once.repeated:
        await jobs.refuse_changed(caller, job, tags)
    return await jobs.view(caller, await jobs.change(caller, job, body, once))


@router.delete("/{job_id}", status_code=204)
async def delete_job(job: DeletableJob, caller: Caller, once: Once) -> Response:
    """Deletes a job. An open one is cancelled first."""
    await jobs.delete(caller, job, once)
    return Response(status_code=204)


@router.post("/{job_id}/clone", status_code=201, responses=errors(400))
async def clone_job(
    job: ChangeableJob, caller: Caller, once: Once, response: Response, body: CloneBody | None = None
) -> JobView:
    """Creates a job with the same configuration, from a new upload or from the same source."""
    twin = await jobs.clone(caller, job, body or CloneBody(), once)
    located(caller.parts.settings, response, f"/jobs/{twin.id}")
    return await jobs.view(caller, twin)


@router.post("/{job_id}/source", responses=errors(400))
async def renew_source(job: ChangeableJob, body: SourceBody, caller: Caller, once: Once) -> JobView:
    """Replaces the video with a new upload. The job starts again, and what people wrote is kept."""
    return await jobs.view(caller, await sources.renew(caller, job, body, once))


@router.get("/{job_id}/validate")
async def validate_job(job: VisibleJob, caller: Caller) -> Validation:
    """Checks that every requested output exists."""
    return await downloads.validate(caller, job)


@router.get("/{job_id}/downloads")
async def list_downloads(job: VisibleJob, caller: Caller) -> Downloads:
    """Returns signed URLs of the source and of every output."""
    return await downloads.downloads(caller, job)
