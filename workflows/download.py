"""Packs the outputs of many jobs into one ZIP."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from schema.contracts.batches import BatchInput, BatchRef, BatchState, PackResult, RecordBatch
    from schema.enums import BatchStatus, Outcome
    from workflows import names, other_steps, shown
    from workflows.refusals import conflict
    from workflows.work import failure_words


@workflow.defn(name=names.DOWNLOAD_WORKFLOW)
class DownloadWorkflow:
    """Packs once, and ends. The sweep deletes the archive a week later. A cancellation stops the packing and leaves no
    file."""

    @workflow.init
    def __init__(self, start: BatchInput) -> None:
        self._start = start
        self._status = BatchStatus.RUNNING
        self._counts: dict[Outcome, int] = {}
        self._reasons: dict[str, int] = {}
        self._packing: asyncio.Task[PackResult] | None = None
        self._recorded = False

    @workflow.run
    async def run(self, start: BatchInput) -> BatchState:
        ref = BatchRef(batch_id=start.batch_id)
        workflow.set_current_details("Packs what the jobs have made. Signal `cancel` stops it.")
        self._packing = asyncio.create_task(self._pack(ref))
        if self._status is BatchStatus.CANCELLED:  # before its first task
            self._packing.cancel()
        try:
            made = await self._packing
            self._counts = dict(made.counts)
            workflow.set_current_details(f"**Packed** {made.files} files, {made.size_bytes:,} bytes.")
        except (asyncio.CancelledError, ActivityError) as error:
            if is_cancelled_exception(error):
                self._status = BatchStatus.CANCELLED
                workflow.set_current_details("**Cancelled**: nothing is packed.")
            else:
                assert isinstance(error, ActivityError)
                self._status = BatchStatus.FAILED
                self._reasons = {failure_words(error): 1}
                workflow.set_current_details(shown.details(f"**Not packed.** {failure_words(error)}"))
        await self._record()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.state()

    async def _pack(self, ref: BatchRef) -> PackResult:
        return await other_steps.PACK_DOWNLOAD(ref)

    async def _record(self) -> None:
        if self._status is BatchStatus.RUNNING:
            self._status = BatchStatus.COMPLETED
        batch_id = self._start.batch_id
        await other_steps.RECORD_BATCH(RecordBatch(batch_id=batch_id, status=self._status, ended=True))
        self._recorded = True

    @workflow.update(name=names.CANCEL, description="Stops the packing. Needs no input.")
    async def cancel(self) -> BatchState:
        return await self._cancel()

    @cancel.validator
    def _may_cancel(self) -> None:
        if self._status is not BatchStatus.RUNNING:
            raise conflict(f"The download is over: it is {self._status}.")

    @workflow.signal(name=names.CANCEL, description="As the update.")
    async def cancel_by_signal(self) -> None:
        try:
            await self._cancel()
        except ApplicationError as refused:
            self.tell_staff(refused.message)

    def tell_staff(self, words: str) -> None:
        """Shows why a signal did nothing, since a signal has no answer; see `workflows.inbound`."""
        workflow.set_current_details(shown.details(words))

    async def _cancel(self) -> BatchState:
        self._may_cancel()
        self._status = BatchStatus.CANCELLED
        if self._packing is not None:
            self._packing.cancel()
        await workflow.wait_condition(lambda: self._recorded)
        return self.state()

    @workflow.query(name=names.STATE, description="How far it is.")
    def state(self) -> BatchState:
        return BatchState(
            status=self._status,
            total=self._start.total,
            counts=dict(self._counts),
            reasons=dict(self._reasons),
        )
