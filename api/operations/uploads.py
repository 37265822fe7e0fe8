"""Uploads: announced, sent by the browser to the bucket, and claimed by one job."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from uuid import UUID

from starlette.datastructures import UploadFile

from api.asked import Asked
from api.bodies.uploads import AboutAndTexts, UploadComplete, UploadInit, UploadOut
from api.context import Context
from api.operations import asking
from api.operations.creation import (
    BroughtText,
    approved_brief,
    asked_for,
    begin,
    check_media_type,
    check_outputs,
    commit_new,
    place,
    read_brought,
    sent_texts,
)
from api.operations.sounds import check_dubs
from schema import objects
from schema.codes import Code
from schema.contracts.bounds import composed
from schema.contracts.outputs import RequestedOutputs
from schema.enums import FilePurpose, Kind
from schema.errors import Conflict, Invalid, NotFound, TooLarge
from schema.queries import jobs, uploads
from schema.queries.sweeps import SESSION_LIFE
from schema.tables import Job, Upload, now


async def init(ctx: Context, body: UploadInit, once: Asked, origin: str | None) -> UploadOut:
    """Announces a video and opens an upload session that only accepts a file of this size and type."""
    limit = ctx.parts.settings.max_source_bytes
    if body.size_bytes > limit:
        raise TooLarge(f"The file has {body.size_bytes} bytes; the limit is {limit}.")
    media_type = check_media_type(body.content_type)
    project, client = await place(ctx, body.project_id, await approved_brief(ctx, body.brief_id))
    upload_id = once.uuid("job")
    upload = await uploads.announce(
        ctx.session,
        Upload(
            id=upload_id,
            user_id=ctx.principal.user_id,
            object_name=objects.source(upload_id, body.filename),
            filename=body.filename,
            content_type=media_type,
            size_bytes=body.size_bytes,
            expires_at=now() + SESSION_LIFE,
            title=body.title,
            project_id=body.project_id and project.id,
            brief_id=body.brief_id,
            **asking.said(ctx, client.org_id, body),
        ),
    )
    after = {"filename": body.filename, "content_type": media_type, "size_bytes": body.size_bytes}
    await ctx.record(once, "upload.announce", "upload", upload_id, after=after)
    await ctx.session.commit()
    store = ctx.store
    url = await store.start_resumable(upload.object_name, media_type, body.size_bytes, origin)
    return UploadOut(
        job_id=upload.id, upload_url=url, gcs_uri=store.uri(upload.object_name), expires_at=upload.expires_at
    )


async def complete(ctx: Context, body: UploadComplete, once: Asked) -> Job:
    """Creates the job of a completed upload. An upload becomes one job, however often this is requested. Properties
    that were given with the announcement apply unless they are given again."""
    brief = await approved_brief(ctx, body.brief_id or await _announced_brief(ctx, body.gcs_uri))
    language, outputs = asked_for(body.source_language, body.requested_outputs, brief)
    check_outputs(ctx, language, outputs)
    await check_dubs(ctx, outputs)
    await ctx.session.commit()
    brought = await ctx.thread(read_brought, await sent_texts(ctx, body), language)
    upload = await claim(ctx, body.gcs_uri, once)
    if upload.claimed_by == once.id:
        return await _claimed_job(ctx, upload)
    project, client = await place(ctx, body.project_id or upload.project_id, brief)
    said = asking.said(ctx, client.org_id, body)
    asked = {**asking.of_brief(brief), **asking.announced(upload), **said}
    asking.refuse_rush(ctx, client.org_id, asked.get("priority"))
    job = Job(
        id=upload.id,
        org_id=client.org_id,
        client_id=client.id,
        project_id=project.id,
        brief_id=brief.id if brief else None,
        creator_id=ctx.principal.user_id,
        title=body.title or upload.title or (brief.title if brief else body.filename),
        source_language=language,
        requested_outputs=outputs.model_dump(mode="json"),
        filename=body.filename,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        source_object=upload.object_name,
        **asked,
    )
    return await make_of(ctx, upload, job, once, brought)


async def _announced_brief(ctx: Context, gcs_uri: str) -> UUID | None:
    """The brief that was named when the caller announced the upload."""
    await ctx.session.commit()
    name = ctx.store.name_of(gcs_uri)
    upload = await uploads.of_user(ctx.session, ctx.principal.user_id, name)
    return upload.brief_id if upload else None


async def claim(ctx: Context, gcs_uri: str, once: Asked) -> Upload:
    """The caller's completed upload, locked until commit. `claimed_by` is this request's job if it was claimed by it
    before.

    Raises:
        NotFound: it is not an upload of the caller's.
        Invalid: it is not complete, differs from the announcement, or is not a video.
        Conflict: another request created a job from it.
    """
    await ctx.session.commit()
    store = ctx.store
    name = store.name_of(gcs_uri)
    found = await store.stat(name)
    upload = await uploads.locked(ctx.session, ctx.principal.user_id, name)
    if upload is None:
        raise NotFound("You have announced no such upload.")
    if upload.purpose is not FilePurpose.SOURCE:
        raise Invalid(
            f"This upload is a {upload.purpose}, and a job is made of a video: announce it with POST /jobs/upload/init."
        )
    if upload.claimed_at is not None:
        if upload.claimed_by == once.id:
            return upload
        made = await jobs.load(ctx.session, upload.id)
        if made is None:
            raise Conflict("This upload is the video of another job already.", code=Code.CLAIMED)
        raise Conflict(
            f"This upload was completed before: it is job {upload.id}.",
            code=Code.CLAIMED,
            job_id=str(upload.id),
        )
    if found is None:
        raise Invalid("The upload is not finished: send the rest of the file, then complete it.")
    if found.size != upload.size_bytes:
        raise Invalid(f"{upload.size_bytes} bytes were announced, but the object has {found.size}.")
    return upload


async def make_of(
    ctx: Context,
    upload: Upload,
    job: Job,
    once: Asked,
    brought: Mapping[Kind, BroughtText] = MappingProxyType({}),
) -> Job:
    """Claims the upload and creates the job in one transaction, then starts it."""
    upload.claimed_at = now()
    upload.claimed_by = once.id
    return await commit_new(ctx, job, once, brought)


async def _claimed_job(ctx: Context, upload: Upload) -> Job:
    job = await jobs.load(ctx.session, upload.id)
    await ctx.session.commit()
    if job is None:
        raise NotFound("Job not found")
    return await begin(ctx, job)


async def create_small(
    ctx: Context,
    once: Asked,
    about: AboutAndTexts,
    source_language: str | None,
    requested: RequestedOutputs | None,
    file: UploadFile,
) -> Job:
    """Stores a small file and creates a job from it. Sent again under the same key, it finds the job."""
    filename, size = composed(file.filename or "video")[:400], file.size or 0
    limit = ctx.parts.settings.max_small_upload_bytes
    if size > limit:
        raise TooLarge(f"The file has {size} bytes; above {limit} use POST /jobs/upload/init.")
    if size == 0:
        raise Invalid("The file is empty.")
    media_type = check_media_type(file.content_type or "")
    brief = await approved_brief(ctx, about.brief_id)
    language, outputs = asked_for(source_language, requested, brief)
    check_outputs(ctx, language, outputs)
    await check_dubs(ctx, outputs)
    await ctx.session.commit()
    brought = await ctx.thread(read_brought, await sent_texts(ctx, about), language)
    project, client = await place(ctx, about.project_id, brief)
    asked = {**asking.of_brief(brief), **asking.said(ctx, client.org_id, about)}
    job_id = once.uuid("job")
    made = await jobs.load(ctx.session, job_id)
    await ctx.session.commit()
    if made is not None:
        return await begin(ctx, made)
    name = objects.source(job_id, filename)
    await ctx.store.upload_stream(name, partial(shutil.copyfileobj, file.file), media_type)
    job = Job(
        id=job_id,
        org_id=client.org_id,
        client_id=client.id,
        project_id=project.id,
        brief_id=about.brief_id,
        creator_id=ctx.principal.user_id,
        title=about.title or (brief.title if brief else filename),
        source_language=language,
        requested_outputs=outputs.model_dump(mode="json"),
        filename=filename,
        content_type=media_type,
        size_bytes=size,
        source_object=name,
        **asked,
    )
    return await commit_new(ctx, job, once, brought)
