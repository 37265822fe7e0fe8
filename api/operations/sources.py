"""Replaces the video of a rejected, blocked or failed job."""

from __future__ import annotations

from api.asked import Asked
from api.bodies.jobs import SourceBody
from api.context import Context
from api.operations import uploads
from api.operations.decisions import decide_job, refuse_status
from schema.contracts.steps import SourceFile
from schema.enums import JobAction
from schema.errors import Conflict, Invalid
from schema.queries import uploads as rows
from schema.tables import Job, Upload, now


async def renew(ctx: Context, job: Job, body: SourceBody, once: Asked) -> Job:
    """Claims the upload, and tells the workflow to start again with it.

    Raises:
        Conflict: the job does not wait for a video, or the upload is in use.
        Invalid: the upload is not complete, or is not a video.
        NotFound: it is not the caller's.
    """
    if not once.repeated:
        refuse_status(ctx, job, JobAction.NEW_SOURCE)
    upload = await uploads.claim(ctx, body.gcs_uri, once)
    upload.claimed_at, upload.claimed_by = upload.claimed_at or now(), once.id
    source = SourceFile(
        source_object=upload.object_name,
        filename=upload.filename,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
    )
    await ctx.session.commit()
    try:
        return await decide_job(ctx, job, JobAction.NEW_SOURCE, once, source=source, reason=body.note)
    except (Conflict, Invalid):  # it is unused, so it may serve another purpose
        await _give_back(ctx, upload, once)
        raise


async def _give_back(ctx: Context, upload: Upload, once: Asked) -> None:
    fresh = await rows.locked(ctx.session, ctx.principal.user_id, upload.object_name)
    if fresh is not None and fresh.claimed_by == once.id:
        fresh.claimed_at, fresh.claimed_by = None, None
    await ctx.session.commit()
