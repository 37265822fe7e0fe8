"""Jobs: shown, changed, deleted and cloned."""

from __future__ import annotations

from typing import Any

from fastapi.encoders import jsonable_encoder

from api.asked import Asked
from api.bodies.client_jobs import ClientJob, ClientJobSummary
from api.bodies.jobs import CloneBody, JobOut, JobPatch, JobSummary, JobView
from api.context import Context, Tell
from api.guards.jobs import may_of_job
from api.headers import names, tag_of
from api.operations import asking, uploads
from api.operations.creation import begin, check_outputs, commit_new, place
from api.operations.decisions import decide_job
from api.operations.sounds import check_dubs
from api.pagination import Page, Slice
from schema import objects
from schema.contracts.outputs import RequestedOutputs
from schema.enums import Audience, Event, JobAction
from schema.errors import Conflict, NotFound, PreconditionFailed
from schema.permissions import Permission
from schema.queries import jobs, languages
from schema.queries.deleting import hide
from schema.queries.job_filters import Filter
from schema.queries.pages import Asked as AskedPage
from schema.tables import Job, now
from schema.transitions import OPEN


async def view(ctx: Context, job: Job) -> JobView:
    """The job in full, from its current rows, as the caller may see it."""
    made = await languages.with_outputs(ctx.session, job.id)
    if ctx.principal.is_client_in(job.org_id):
        return ClientJob.of(job, made, ctx.principal)
    leads = await may_of_job(ctx, Permission.ASSIGN_PEOPLE, job)
    return JobOut.of(job, made, ctx.principal, leads=leads)


async def refuse_changed(ctx: Context, job: Job, tags: str) -> None:
    """Checks the version that the caller looked at, and locks the row until the next commit.

    Raises:
        PreconditionFailed: the job has changed since it was looked at.
    """
    fresh = await jobs.load(ctx.session, job.id, lock=True) or job
    tag = tag_of((await view(ctx, fresh)).model_dump_json().encode())
    if not names(tags, tag):
        raise PreconditionFailed("The job has changed since it was looked at. Get it again.", etag=tag)


async def listing(
    ctx: Context, wanted: Filter, sort: jobs.Sort, paging: Slice
) -> Page[JobSummary | ClientJobSummary]:
    """One page of the jobs that the caller sees."""
    asked = AskedPage(sort.value, paging.size, paging.offset, paging.after)
    items, found = await jobs.page(ctx.session, ctx.principal, wanted, asked)
    shown = [_summary(ctx, item) for item in items]
    return paging.walked(shown, found)


def _summary(ctx: Context, item: jobs.Listing) -> JobSummary | ClientJobSummary:
    shape = ClientJobSummary if ctx.principal.is_client_in(item.org_id) else JobSummary
    return shape.model_validate(item, from_attributes=True)


async def change(ctx: Context, job: Job, patch: JobPatch, once: Asked) -> Job:
    """Changes a job. The workflow changes outputs and, while the job is open, its priority; other columns are changed
    in the row."""
    if patch.priority is not job.priority:
        asking.refuse_rush(ctx, job.org_id, patch.priority)
    asked, current = patch.requested_outputs, jobs.job_state(job).outputs
    if asked is not None and not current.makes_the_same(asked, job.source_language):
        check_outputs(ctx, job.source_language, asked)
        await check_dubs(ctx, asked, current)
        job = await decide_job(ctx, job, JobAction.CHANGE_OUTPUTS, once, outputs=asked)
    if patch.priority not in (None, job.priority) and job.status in OPEN:
        part = once.part("priority")
        job = await decide_job(ctx, job, JobAction.CHANGE_PRIORITY, part, priority=patch.priority)
    fresh = await jobs.load(ctx.session, job.id, lock=True) or job
    changed = {
        name: value for name, value in _changes(ctx, job, patch).items() if value != getattr(fresh, name)
    }
    if changed and not await ctx.done(once, "job.change", fresh.id):
        before = {name: getattr(fresh, name) for name in changed}
        for name, value in changed.items():
            setattr(fresh, name, value)
        fresh.updated_at = now()
        before, after = jsonable_encoder(before), jsonable_encoder(changed)
        await _record(ctx, once, fresh, "change", Event.CHANGED, before=before, after=after)
    await ctx.session.commit()
    return fresh


def _changes(ctx: Context, job: Job, patch: JobPatch) -> dict[str, Any]:
    """The columns that `patch` sets. Null removes a date or a reference."""
    sent = patch.model_fields_set
    found: dict[str, Any] = {"due_at": patch.due_at} if "due_at" in sent else {}
    if "reference" in sent:
        found["reference"] = patch.reference or ""
    if patch.notes is not None:
        found[asking.notes_column(ctx, job.org_id, patch.notes_audience)] = patch.notes
    for name in ("title", "labels", "style", *(["priority"] if job.status not in OPEN else [])):
        if getattr(patch, name) is not None:
            found[name] = getattr(patch, name)
    return found


async def delete(ctx: Context, job: Job, once: Asked) -> None:
    """Deletes a job. An open one is cancelled first. It keeps its status, and is hidden from then on.

    Raises:
        NotFound: it was already deleted by another request.
    """
    if job.deleted_at is not None:
        if once.repeated:
            return
        raise NotFound("Job not found")
    if job.status in OPEN:
        await _cancel(ctx, job, once)
    fresh = await jobs.load(ctx.session, job.id, lock=True) or job
    who = ctx.principal.user_id
    hidden = await hide(ctx.session, fresh, actor_id=who, request_id=once.id, address=ctx.address)
    if not hidden and await ctx.done(once, "job.delete", job.id) is None:
        raise NotFound("Job not found")
    await ctx.session.commit()


async def _cancel(ctx: Context, job: Job, once: Asked) -> None:
    """Cancels a job that is being deleted, unless it has just ended."""
    try:
        await decide_job(ctx, job, JobAction.CANCEL, once, reason="The job was deleted.")
    except Conflict:
        fresh = await jobs.load(ctx.session, job.id)
        if fresh is not None and fresh.status in OPEN:
            raise


async def clone(ctx: Context, job: Job, body: CloneBody, once: Asked) -> Job:
    """A new job with the same configuration: from a new upload, which gets none of the old dubs, or from a copy of the
    source.

    Raises:
        Conflict: the source has been deleted.
    """
    outputs = RequestedOutputs.kept(job.requested_outputs)
    if body.gcs_uri:
        outputs = outputs.model_copy(update={"dubs": {}})
    check_outputs(ctx, job.source_language, outputs)
    await place(ctx, job.project_id)
    upload = await uploads.claim(ctx, body.gcs_uri, once) if body.gcs_uri else None
    twin_id = upload.id if upload else once.uuid("job")
    made = await jobs.load(ctx.session, twin_id)
    if made is not None:
        await ctx.session.commit()
        return await begin(ctx, made)
    if upload is None and job.source_gone_at is not None:
        raise Conflict(
            "The video of this job was deleted, as its client wants it: upload another video, and name it in gcs_uri.",
            state=job.status.value,
        )
    copied = ("org_id", "client_id", "project_id", "brief_id", "source_language")
    file = upload or job
    twin = Job(
        id=twin_id,
        **{field: getattr(job, field) for field in copied},
        requested_outputs=outputs.model_dump(mode="json"),
        creator_id=ctx.principal.user_id,
        cloned_from=job.id,
        title=body.title or job.title,
        **_notes_of_twin(ctx, job, body),
        **asking.of_twin(ctx, job),
        filename=file.filename,
        content_type=file.content_type,
        size_bytes=file.size_bytes,
        source_object=upload.object_name if upload else objects.source(twin_id, job.filename),
    )
    if upload is not None:
        return await uploads.make_of(ctx, upload, twin, once)
    await ctx.session.commit()
    await ctx.store.copy(job.source_object, twin.source_object)
    return await commit_new(ctx, twin, once)


def _notes_of_twin(ctx: Context, job: Job, body: CloneBody) -> dict[str, Any]:
    kept = {"notes": job.notes, "client_notes": job.client_notes}
    if body.notes is None:
        return kept
    return {**kept, asking.notes_column(ctx, job.org_id, Audience.INTERNAL): body.notes}


async def _record(
    ctx: Context, once: Asked, job: Job, action: str, type: Event, *, before: object, after: object = None
) -> None:
    tell = Tell(type, {"status": job.status, "title": job.title})
    await ctx.record(once, f"job.{action}", "job", job.id, before=before, after=after, job=job, tell=tell)
