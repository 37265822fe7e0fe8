"""Pausing, resuming and cancelling a running batch."""

from __future__ import annotations

from functools import partial

from api.asked import Asked
from api.context import Context
from api.operations.batches import start
from schema.contracts.batches import BatchState
from schema.enums import BatchAction, BatchStatus
from schema.errors import Conflict, NotFound, Unavailable
from schema.queries import batches
from schema.tables import Batch
from workflows import names
from workflows.batches import workflow_id
from workflows.updates import Refusal, answered

_DONE = {
    names.PAUSE: BatchStatus.PAUSED,
    names.RESUME: BatchStatus.RUNNING,
    names.CANCEL: BatchStatus.CANCELLED,
}


async def steer(ctx: Context, batch: Batch, what: str, once: Asked) -> Batch:
    """`what` is pause, resume or cancel. It is an update of the batch's workflow, which writes the row before it
    answers.

    Raises:
        Conflict: the batch is over, or is a download, which cannot be paused.
        Unavailable: no answer in time; the same request may be sent again.
    """
    action = f"batch.{what}"
    if await ctx.done(once, action, batch.id):
        return batch
    before = {"status": batch.status}
    if not once.repeated:
        _refuse(batch, what)
    await ctx.session.commit()
    if batch.started_at is None and not await start(ctx, batch):
        raise Unavailable("The batch is just being started. Try again in a moment.")
    handle = ctx.temporal.get_workflow_handle(workflow_id(batch.action, batch.id))

    async def send() -> BatchState:
        done: BatchState = await handle.execute_update(what, id=once.id, result_type=BatchState)
        return done

    async def refusal() -> Refusal:
        return partial(Conflict, state=batch.status.value)

    if not (once.repeated and batch.status is _DONE[what]):
        await answered(send, refusal, ctx.parts.settings.update_wait_s)
    fresh = await batches.load(ctx.session, batch.id)
    if fresh is None:
        raise NotFound("Batch not found")
    await ctx.record(once, action, "batch", batch.id, before=before, after={"status": fresh.status})
    await ctx.session.commit()
    return fresh


def _refuse(batch: Batch, what: str) -> None:
    if batch.status in batches.ENDED:
        raise Conflict(f"The batch is over: it is {batch.status}.", state=batch.status.value)
    if batch.action is BatchAction.DOWNLOAD and what != names.CANCEL:
        raise Conflict("A download is not paused: cancel it, and ask again.", state=batch.status.value)
