"""Keeps rows and workflows in agreement."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.contracts.job import RepairInput
    from workflows import names, options

_EVERY = timedelta(seconds=10)
_EXPIRE_EVERY = 360
"""Sweeps between two clean-ups: an hour."""
_OVERLAP = timedelta(minutes=2)
"""Visibility is written a little later than it happened, and a sweep may be late itself."""


@workflow.defn(name=names.MAINTENANCE_WORKFLOW)
class MaintenanceWorkflow:
    """Every ten seconds: start jobs whose start a crash lost, or whose workflow Temporal lost; repair the rows of
    workflows that were reset or terminated. Every hour: delete what has expired. A sweep that fails is tried again, and
    nothing else stops."""

    @workflow.run
    async def run(self) -> None:
        since = workflow.now() - timedelta(days=1)
        for turn in range(_EXPIRE_EVERY):
            began = workflow.now()
            await self._sweep(names.Activity.START_ORPHANS)
            await self._sweep(names.Activity.REPAIR_ROWS, RepairInput(since=since))
            since = began - _OVERLAP
            if turn == 0:
                await self._sweep(names.Activity.EXPIRE_RECORDS)
            if workflow.info().is_continue_as_new_suggested():
                break
            await workflow.sleep(_EVERY)
        workflow.continue_as_new()

    async def _sweep(self, activity: names.Activity, *inputs: RepairInput) -> None:
        await workflow.execute_activity(
            activity.value,
            args=inputs,
            task_queue=names.Queue.RECORDS.value,
            start_to_close_timeout=options.SWEEP.limit,
            retry_policy=options.FOREVER,
        )
