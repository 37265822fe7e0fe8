"""A batch: one action on many jobs, each asked once. A window of pieces slides over the positions of the jobs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from schema.contracts.batches import (
        BatchInput,
        BatchRef,
        BatchState,
        DecideItems,
        ItemsDecided,
        RecordBatch,
    )
    from schema.enums import BatchStatus, Outcome
    from workflows import names, other_steps, shown
    from workflows.refusals import conflict
    from workflows.work import failure_words, was_cancelled

_ASKED_AGAIN = 4
"""How often a batch asks again about the jobs of a piece that did not answer, before they count as failed."""
_REST = timedelta(seconds=10)
_REASONS = 10
"""How many reasons are shown and carried into the next run."""
_IN_ORDER = "batch-turns-in-order"
"""Patch: one turn is in the row before the next is taken. A cancellation in Temporal is in the row before what is in
flight ends. Otherwise a piece that waits for capacity would wait forever."""


@workflow.defn(name=names.BATCH_WORKFLOW)
class BatchWorkflow:
    """1. choose the jobs once, so that each job is taken once, whatever happens to it meanwhile;
    2. decide about each, a few pieces side by side, each outcome in the database;
    3. go on in a new run with cursor and counts, before the history grows long.

    A pause lets what is in flight end, and gives out nothing more. A cancellation leaves the rest as skipped.
    """

    @workflow.init
    def __init__(self, start: BatchInput) -> None:
        self._start = start
        self._total = start.total
        self._cursor = start.cursor
        self._counts = dict(start.counts)
        self._reasons = dict(start.reasons)
        self._paused = start.paused
        self._status = BatchStatus.PAUSED if start.paused else BatchStatus.RUNNING
        self._cancelled = False
        self._in_flight: list[asyncio.Task[None]] = []
        self._turning = asyncio.Lock()
        self._noted = ""

    @workflow.run
    async def run(self, start: BatchInput) -> BatchState:
        try:
            if self._total is None:
                self._total = (await other_steps.CHOOSE_JOBS(BatchRef(batch_id=self._start.batch_id))).total
            self._show()
            given = await self._give_out()
            if given == start.pieces_a_run and self._is_left() and not self._cancelled:
                self._continue_as_new()
        except (asyncio.CancelledError, FailureError) as stopped:
            if was_cancelled(stopped):
                await self._heed()
                await self._drained()
                await self._end()
            raise
        await self._end()
        return self.state()

    async def _heed(self) -> None:
        """Handles a cancellation in Temporal."""
        self._cancelled = True
        if workflow.patched(_IN_ORDER):
            async with self._turning:
                self._paused, self._status = False, BatchStatus.CANCELLED
                await self._record()

    async def _give_out(self) -> int:
        """Starts pieces until none is left, or until one run has had enough. Returns how many it started. None is in
        flight afterwards."""
        given = 0
        while self._is_left() and given < self._start.pieces_a_run:
            await workflow.wait_condition(lambda: self._may_give() or self._cancelled)
            if self._cancelled:
                break
            first, last = self._cursor + 1, min(self._cursor + self._start.piece, self._total or 0)
            self._cursor, given = last, given + 1
            self._in_flight.append(asyncio.create_task(self._piece(first, last)))
        await self._drained()
        return given

    async def _drained(self) -> None:
        if self._in_flight:
            await workflow.wait(self._in_flight)
        await workflow.wait_condition(workflow.all_handlers_finished)

    def _is_left(self) -> bool:
        return self._cursor < (self._total or 0)

    def _may_give(self) -> bool:
        self._in_flight = [each for each in self._in_flight if not each.done()]
        return not self._paused and len(self._in_flight) < self._start.in_flight

    async def _piece(self, first: int, last: int) -> None:
        """Asks the jobs of one piece. Jobs that do not answer are asked again after a rest, and finally count as
        failed."""
        for again in range(_ASKED_AGAIN + 1):
            inputs = DecideItems(
                batch_id=self._start.batch_id,
                first=first,
                last=last,
                again=again > 0,
                give_up=again == _ASKED_AGAIN,
            )
            try:
                decided = await other_steps.DECIDE_ITEMS(inputs)
            except ActivityError as error:
                why = {failure_words(error): last - first + 1}
                decided = ItemsDecided(counts={Outcome.FAILED: last - first + 1}, reasons=why)
            if not decided.waiting:
                self._count(decided.counts, decided.reasons)
                return
            await workflow.sleep(_REST * (again + 1), summary=f"{decided.waiting} jobs are asked again")

    def _count(self, counts: Mapping[Outcome, int], reasons: Mapping[str, int]) -> None:
        for outcome, number in counts.items():
            self._counts[outcome] = self._counts.get(outcome, 0) + number
        for reason, number in reasons.items():
            self._reasons[reason] = self._reasons.get(reason, 0) + number
        often = sorted(self._reasons, key=lambda each: (-self._reasons[each], each))[:_REASONS]
        self._reasons = {reason: self._reasons[reason] for reason in often}
        self._show()

    def _continue_as_new(self) -> None:
        changes = {
            "total": self._total,
            "cursor": self._cursor,
            "counts": self._counts,
            "reasons": self._reasons,
            "paused": self._paused,
        }
        workflow.continue_as_new(self._start.model_copy(update=changes))

    async def _end(self) -> None:
        self._status = BatchStatus.CANCELLED if self._cancelled else BatchStatus.COMPLETED
        await self._record(ended=True)
        if skipped := (self._total or 0) - sum(self._counts.values()):
            self._counts[Outcome.SKIPPED] = skipped
        self._show()

    # Messages

    @workflow.update(
        name=names.PAUSE, description="What is in flight ends; nothing more begins. Needs no input."
    )
    async def pause(self) -> BatchState:
        return await self._turn(BatchStatus.PAUSED)

    @workflow.update(name=names.RESUME, description="Goes on after a pause. Needs no input.")
    async def resume(self) -> BatchState:
        return await self._turn(BatchStatus.RUNNING)

    @workflow.update(
        name=names.CANCEL, description="Ends it: jobs that were not asked yet are skipped. Needs no input."
    )
    async def cancel(self) -> BatchState:
        return await self._turn(BatchStatus.CANCELLED)

    @pause.validator
    def _may_pause(self) -> None:
        self._refuse()

    @resume.validator
    def _may_resume(self) -> None:
        self._refuse()

    @cancel.validator
    def _may_cancel(self) -> None:
        self._refuse()

    @workflow.signal(name=names.PAUSE, description="As the update.")
    async def pause_by_signal(self) -> None:
        await self._turn(BatchStatus.PAUSED)

    @workflow.signal(name=names.RESUME, description="As the update.")
    async def resume_by_signal(self) -> None:
        await self._turn(BatchStatus.RUNNING)

    @workflow.signal(name=names.CANCEL, description="As the update.")
    async def cancel_by_signal(self) -> None:
        await self._turn(BatchStatus.CANCELLED)

    @workflow.query(name=names.STATE, description="How far it is.")
    def state(self) -> BatchState:
        return BatchState(
            status=self._status, total=self._total, counts=dict(self._counts), reasons=dict(self._reasons)
        )

    def _refuse(self) -> None:
        if self._cancelled or self._status in (BatchStatus.COMPLETED, BatchStatus.CANCELLED):
            raise conflict(f"The batch is over: it is {self._status}.")

    async def _turn(self, status: BatchStatus) -> BatchState:
        """Pauses, resumes or cancels. The row is written before this answers; if it cannot be written, nothing has
        changed."""
        self._refuse()
        async with self._turning if workflow.patched(_IN_ORDER) else contextlib.nullcontext():
            self._refuse()
            before = self._paused, self._status
            self._paused, self._status = status is BatchStatus.PAUSED, status
            try:
                await self._record()
            except FailureError:
                self._paused, self._status = before
                raise
        self._cancelled = self._cancelled or status is BatchStatus.CANCELLED
        self._show()
        return self.state()

    # How it is shown

    async def _record(self, *, ended: bool = False) -> None:
        batch_id = self._start.batch_id
        await other_steps.RECORD_BATCH(RecordBatch(batch_id=batch_id, status=self._status, ended=ended))

    def tell_staff(self, words: str) -> None:
        """Shows why a signal did nothing, since a signal has no answer; see `workflows.inbound`."""
        self._noted = words[:1000]
        self._show()

    def _show(self) -> None:
        settled = sum(self._counts.values())
        lines = [f"**{settled} of {self._total}** ({self._status.value})"]
        if self._total == 0:
            lines = ["**Nothing to do**: no job is in the filter now."]
        told = [f"{number} {outcome.value.replace('_', ' ')}" for outcome, number in self._counts.items()]
        lines += [", ".join(told)] if told else []
        lines += ["\n".join(f"- {number}: {reason}" for reason, number in self._reasons.items())]
        lines += ["Signals: `pause`, `resume`, `cancel`.", self._noted]
        workflow.set_current_details(shown.details("\n\n".join(filter(None, lines))))
