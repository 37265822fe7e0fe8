"""Uploads that become jobs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Header, Response, UploadFile
from pydantic import Json

from api.bodies.jobs import JobOut
from api.bodies.uploads import AboutAndTexts, BroughtText, UploadComplete, UploadInit, UploadOut
from api.errors import errors
from api.guards.jobs import JobCreator
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import jobs, uploads
from schema.contracts.bounds import Language, Notes, Title
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
    """Announces an upload, and answers the URL that takes its chunks."""
    announced = await uploads.init(ctx, body, once, origin)
    located(ctx.parts.settings, response, f"/jobs/{announced.job_id}")
    return announced


@router.post("/upload/complete", status_code=201, responses=errors(400, 404))
async def complete_upload(ctx: JobCreator, body: UploadComplete, once: Once, response: Response) -> JobOut:
    """Makes the job of a finished upload, and starts it."""
    job = await uploads.complete(ctx, body, once)
    located(ctx.parts.settings, response, f"/jobs/{job.id}")
    return await jobs.view(ctx, job)


async def _about(
    title: Annotated[Title | None, Form(description="What people call it; absent: the file's name.")] = None,
    notes: Annotated[Notes | None, Form(description="For those who work on it.")] = None,
    project_id: Annotated[
        UUID | None,
        Form(description="Absent: that of the brief, or else the only project of the caller's only client."),
    ] = None,
    brief_id: Annotated[
        UUID | None,
        Form(description="The approved brief that it is made of: what is left out here is as it says."),
    ] = None,
    captions: Annotated[BroughtText, Form()] = None,
    audio_description: Annotated[BroughtText, Form()] = None,
) -> AboutAndTexts:
    """The fields of a form, with the limits of the JSON body."""
    return AboutAndTexts.model_construct(
        title=title,
        notes=notes,
        project_id=project_id,
        brief_id=brief_id,
        captions=captions,
        audio_description=audio_description,
    )


@router.post("", status_code=201, responses=errors(400))
async def create_job(
    ctx: JobCreator,
    once: Once,
    response: Response,
    about: Annotated[AboutAndTexts, Depends(_about)],
    file: Annotated[UploadFile, File(description="The video; for larger ones see /jobs/upload/init.")],
    source_language: Annotated[
        Language | None, Form(description="BCP 47 code of what is spoken in it. Absent: the brief's.")
    ] = None,
    requested_outputs: Annotated[
        Json[RequestedOutputs] | None,
        Form(description="As in /jobs/upload/complete, in JSON. Absent: the brief's."),
    ] = None,
) -> JobOut:
    """Makes a job of a small file, sent with it."""
    job = await uploads.create_small(ctx, once, about, source_language, requested_outputs, file)
    located(ctx.parts.settings, response, f"/jobs/{job.id}")
    return await jobs.view(ctx, job)
