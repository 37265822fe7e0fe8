"""The floor: a workflow that does nothing but run as many activities as a job does."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow


@activity.defn(name="bare_step")
async def bare_step(number: int) -> int:
    return number


@workflow.defn(name="BareWorkflow")
class BareWorkflow:
    """`activities` one after the other."""

    @workflow.run
    async def run(self, activities: int) -> int:
        for number in range(activities):
            await workflow.execute_activity(bare_step, number, start_to_close_timeout=timedelta(seconds=10))
        return activities
