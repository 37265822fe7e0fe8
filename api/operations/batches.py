"""Batches: created, started, and awaited if they are small."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from api.asked import Asked
from api.bodies.batches import BatchDetail, BatchOut, BulkOut, ForeseenOut, ItemOut, PackedOut, results
from api.context import Context
from api.pagination import Page, Slice
from schema.contracts.batches import MOST_JOBS, BatchAsked, BatchFilter, BatchWork, Packed
from schema.enums import BatchAction, BatchStatus, Outcome
from schema.errors import Invalid
from schema.permissions import OF_BATCH, Permission
from schema.queries import batch_items, batches
from schema.queries.chosen import narrowed
from schema.queries.foreseen import foreseen
from schema.queries.named import COUNT_LIMIT
from schema.tables import Batch, now
from workflows.batches import FEW, start_batch, workflow_id

logger = logging.getLogger(__name__)
_START_S = 5.0
"""A start that takes longer is left to the sweep."""
BY_PRODUCTION = (
    BatchAction.REPROCESS,
    BatchAction.RETRY,
    BatchAction.RETRY_TTS,
    BatchAction.CHANGE_OUTPUTS,
)


def check_work(work: BatchWork) -> None:
    """Raises:
    Invalid: the action is not available for batches, or has missing or extra fields.
    """
    if work.action not in BY_PRODUCTION:
        raise Invalid(f"A batch does one of {', '.join(BY_PRODUCTION)}; the others have routes of their own.")
    if fault := work.fault():
        raise Invalid(fault)


def check_filter(wanted: BatchFilter) -> None:
    """Raises:
    Invalid: the filter is empty.
    """
    if wanted.is_open():
        raise Invalid("The filter says nothing: name at least one condition.")


def _check(asked: BatchAsked, job_ids: Sequence[UUID] | None) -> None:
    """Raises:
    Invalid: it names neither jobs nor a filter, or both, or more jobs than allowed, or is incomplete.
    """
    check_work(asked.work)
    if (job_ids is None) == (asked.filter is None):
        raise Invalid("Name the jobs by job_ids, or by a filter: one of both.")
    if asked.filter is not None:
        check_filter(asked.filter)
    named = len(set(job_ids or ()))
    if named > asked.max_jobs:
        raise Invalid(
            f"job_ids names {named} jobs, and max_jobs allows {asked.max_jobs}: change one of them."
        )


def given(job_ids: list[UUID]) -> list[UUID]:
    """Raises:
    Invalid: there is no job, or more than a batch may have.
    """
    if not 1 <= len(job_ids) <= MOST_JOBS:
        raise Invalid(f"Name 1 to {MOST_JOBS} jobs, by job_ids in the body or job_id in the query.")
    return job_ids


async def ask(ctx: Context, asked: BatchAsked, job_ids: Sequence[UUID] | None, once: Asked) -> Batch:
    """Creates a batch of named jobs, or of a filter, and starts it.

    Raises:
        Invalid: it names neither or both, or is incomplete.
    """
    _check(asked, job_ids)
    batch = await _made(ctx, asked, job_ids, once)
    await start(ctx, batch)
    return batch


async def bulk(ctx: Context, work: BatchWork, job_ids: Sequence[UUID], once: Asked) -> BulkOut:
    """Waits for up to 100 jobs. Larger batches, and those that take longer than a client waits, continue in the
    background."""
    batch = await _made(ctx, BatchAsked(work=work), job_ids, once)
    started = await start(ctx, batch)
    if not started or (batch.total or 0) > FEW or work.action is BatchAction.DOWNLOAD:
        return BulkOut(batch_id=batch.id)
    handle = ctx.temporal.get_workflow_handle(workflow_id(batch.action, batch.id))
    try:
        await asyncio.wait_for(handle.result(), ctx.parts.settings.update_wait_s)
    except (TimeoutError, RPCError, WorkflowFailureError) as error:
        logger.warning("batch %s is not waited for any longer: %r", batch.id, error)
        return BulkOut(batch_id=batch.id)
    items, _ = await batch_items.listed(ctx.session, batch.id, outcome=None, offset=0, limit=FEW)
    return BulkOut(batch_id=batch.id, results=results(items))


async def foresee(ctx: Context, asked: BatchAsked, job_ids: Sequence[UUID] | None) -> ForeseenOut:
    """Reports what a batch would do. Errors as for `ask`; nothing is changed."""
    _check(asked, job_ids)
    conditions = narrowed(
        ctx.principal, asked.work.action, asked.filter or BatchFilter(), ctx.parts.providers.engines
    )
    if job_ids is not None:
        conditions.append(batch_items.named(job_ids))
    found = await foreseen(ctx.session, conditions, asked)
    return ForeseenOut(
        jobs=found.jobs,
        source_qc=found.source_qc,
        language_qc=found.language_qc,
        final_review=found.final_review,
        human_edits=found.human_edits,
        human_edits_kept=asked.work.keep_human_edits,
        estimated_minutes=found.minutes,
    )


async def listing(ctx: Context, status: Sequence[BatchStatus], paging: Slice) -> Page[BatchOut]:
    found, total = await batches.listed(
        ctx.session, ctx.principal, status=status, offset=paging.offset, limit=paging.size
    )
    items = await _shown(ctx, found)
    return paging.of(items, min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT)


async def shown(ctx: Context, batch: Batch) -> BatchOut:
    """The batch, and its progress."""
    return (await _shown(ctx, [batch]))[0]


async def _shown(ctx: Context, found: Sequence[Batch]) -> list[BatchOut]:
    counts = await batch_items.counts(ctx.session, [batch.id for batch in found])
    return [BatchOut.of(batch, counts.get(batch.id, {})) for batch in found]


async def view(ctx: Context, batch: Batch, outcome: Outcome | None, paging: Slice) -> BatchDetail:
    """The batch as its rows are now. The URL of its archive is signed for callers who currently see everything in
    it."""
    counts = (await batch_items.counts(ctx.session, [batch.id])).get(batch.id, {})
    items, total = await batch_items.listed(
        ctx.session, batch.id, outcome=outcome, offset=paging.offset, limit=paging.size
    )
    whole = batch.result is not None and await _sees_whole(ctx, batch)
    await ctx.session.commit()
    return BatchDetail.model_validate(
        {
            **BatchOut.of(batch, counts).model_dump(),
            "asked": BatchAsked.kept(batch.asked),
            "download": await _signed(ctx, batch) if whole else None,
            "items": paging.of([ItemOut.of(item) for item in items], total),
        }
    )


async def _sees_whole(ctx: Context, batch: Batch) -> bool:
    """Whether the caller sees the whole archive. Its owner may have become a client since, who sees only what was
    delivered."""
    if any(ctx.principal.is_client_in(org_id) for org_id in Packed.kept(batch.result).internal_of):
        return False
    return await batch_items.sees_all_packed(ctx.session, ctx.principal, batch.id)


async def _signed(ctx: Context, batch: Batch) -> PackedOut | None:
    made = Packed.kept(batch.result)
    assert batch.expires_at is not None
    left_s = int((batch.expires_at - now()).total_seconds())
    if left_s <= 0:
        return None
    url = await ctx.store.signed_get(
        made.object_name,
        max(1, min(left_s, ctx.parts.settings.signed_url_s)),
        filename=made.filename,
        content_type="application/zip",
    )
    return PackedOut(
        url=url,
        filename=made.filename,
        size_bytes=made.size_bytes,
        files=made.files,
        expires_at=batch.expires_at,
    )


async def _made(ctx: Context, asked: BatchAsked, job_ids: Sequence[UUID] | None, once: Asked) -> Batch:
    """Inserts the row, its items and the audit entry, once per request."""
    ids = list(dict.fromkeys(job_ids or ()))
    batch_id = once.uuid("batch")
    known = await batches.load(ctx.session, batch_id)
    if known is not None:
        return known
    action = asked.work.action
    batch = Batch(
        id=batch_id,
        owner_id=ctx.principal.user_id,
        org_id=await _place(ctx, action, asked, ids),
        action=action,
        asked=asked.model_dump(mode="json"),
        address=ctx.address,
        total=len(ids) if job_ids is not None else None,
    )
    await batches.insert_named(ctx.session, batch, ids)
    told = {"action": action, "jobs": batch.total, **asked.model_dump(mode="json", exclude_defaults=True)}
    await ctx.record(once, "batch.create", "batch", batch.id, after=told)
    await ctx.session.commit()
    return batch


async def _place(ctx: Context, action: BatchAction, asked: BatchAsked, ids: Sequence[UUID]) -> UUID | None:
    """The organisation of all the jobs, if it is the same."""
    if asked.filter is None:
        return await batch_items.one_place(ctx.session, ctx.principal, ids)
    who, permission = ctx.principal, OF_BATCH[action]
    mine = [org for org in who.memberships if permission is Permission.READ or who.may(permission, org)]
    if who.is_admin or len(mine) != 1:
        wanted = asked.filter.org_id
        return wanted if wanted is not None and (wanted in mine or who.is_admin) else None
    return mine[0]


async def start(ctx: Context, batch: Batch) -> bool:
    """Starts the workflow. If Temporal does not answer, the sweep will start it; the batch exists in any case."""
    await ctx.session.commit()
    if batch.started_at is not None:
        return True
    try:
        await asyncio.wait_for(start_batch(ctx.temporal, batches.to_start(batch)), _START_S)
    except (RPCError, RuntimeError, TimeoutError) as error:
        logger.warning("batch %s is made but not started yet: %r", batch.id, error)
        return False
    await batches.mark_started(ctx.session, batch.id)
    await ctx.session.commit()
    return True
