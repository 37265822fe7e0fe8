"""Uploads that become jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Header, Response, UploadFile
from pydantic import Json

from api.bodies.jobs import JobView
from api.bodies.uploads import UploadComplete, UploadInit, UploadOut
from api.errors import errors
from api.forms import AboutForm
from api.guards.jobs import JobCreator
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import jobs, uploads
from schema.contracts.bounds import Language
from schema.contracts.outputs import RequestedOutputs

router = APIRouter(prefix="/jobs", tags=["Jobs"], route_class=KeyedRoute)


@router.post("/upload/init", status_code=201, responses=errors(400))
async def init_upload(
    ctx: JobCreator,
    body: UploadInit,
    once: Once,
    response: Response,
    origin: Annotated[str | None, Header(description="Of the page that is going to send the file.")] = None,
) -> UploadOut:
    """Announces an upload and returns the URL for its chunks."""
    announced = await uploads.init(ctx, body, once, origin)
    located(ctx.parts.settings, response, f"/jobs/{announced.job_id}")
    return announced


@router.post("/upload/complete", status_code=201, responses=errors(400, 404))
async def complete_upload(ctx: JobCreator, body: UploadComplete, once: Once, response: Response) -> JobView:
    """Creates a job from a completed upload, and starts it."""
    job = await uploads.complete(ctx, body, once)
    located(ctx.parts.settings, response, f"/jobs/{job.id}")
    return await jobs.view(ctx, job)


@router.post("", status_code=201, responses=errors(400))
async def create_job(
    ctx: JobCreator,
    once: Once,
    response: Response,
    about: AboutForm,
    file: Annotated[UploadFile, File(description="The video; for larger ones see /jobs/upload/init.")],
    source_language: Annotated[
        Language | None, Form(description="BCP 47 code of what is spoken in it. Absent: the brief's.")
    ] = None,
    requested_outputs: Annotated[
        Json[RequestedOutputs] | None,
        Form(description="As in /jobs/upload/complete, in JSON. Absent: the brief's."),
    ] = None,
) -> JobView:
    """Creates a job from a small file, which is sent with the request."""
    job = await uploads.create_small(ctx, once, about, source_language, requested_outputs, file)
    located(ctx.parts.settings, response, f"/jobs/{job.id}")
    return await jobs.view(ctx, job)
