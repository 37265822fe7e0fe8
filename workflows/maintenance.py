"""The predecessor of the scheduled sweeps. It is registered so that a run of an older build can replay its history and
end."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.contracts.sweeps import Cursor
    from workflows import names, options

_EVERY = timedelta(seconds=10)
_EXPIRE_EVERY = 360
_OVERLAP = timedelta(minutes=2)


@workflow.defn(name=names.MAINTENANCE_WORKFLOW)
class MaintenanceWorkflow:
    """Replays what an older build did, and ends at the first sweep that is not in its history."""

    @workflow.run
    async def run(self) -> None:
        since = workflow.now() - timedelta(days=1)
        for turn in range(_EXPIRE_EVERY):
            if workflow.patched(
                f"sweeps-are-schedules-{turn}"
            ):  # one id would keep its answer for the whole run
                return
            began = workflow.now()
            await self._sweep(names.Activity.START_ORPHANS)
            await self._sweep(names.Activity.REPAIR_ROWS, Cursor(since=since))
            since = began - _OVERLAP
            if turn == 0:
                await self._sweep(names.Activity.EXPIRE_RECORDS)
            if workflow.info().is_continue_as_new_suggested():
                break
            await workflow.sleep(_EVERY)
        workflow.continue_as_new()

    async def _sweep(self, activity: names.Activity, *inputs: Cursor) -> None:
        await workflow.execute_activity(
            activity.value,
            args=inputs,
            task_queue=names.Queue.RECORDS.value,
            start_to_close_timeout=options.SWEEP.limit,
            retry_policy=options.FOREVER,
        )
