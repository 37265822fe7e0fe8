"""The floor: a workflow that does nothing but run as many activities as a job does.

They run on a pool of their own, as a job's do; or in the workflow's own worker, to which the server hands them with the
answer to the workflow task (eager execution), which spares each of them the way through a queue.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    import sqlalchemy as sa

    from schema.db import Database


class BareSteps:
    """A step that does nothing, and one that writes to the database as each of a job's records does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def activities(self) -> list[Callable[..., Any]]:
        return [self.bare_step, self.bare_record]

    @activity.defn(name="bare_step")
    async def bare_step(self, number: int) -> int:
        return number

    @activity.defn(name="bare_record")
    async def bare_record(self, number: int) -> int:
        async with self._database.begin() as session:
            await session.execute(sa.text("select pg_notify('bare', :number)"), {"number": str(number)})
        return number


@workflow.defn(name="BareWorkflow")
class BareWorkflow:
    """`activities` called `name`, one after the other, on `queue`."""

    @workflow.run
    async def run(self, name: str, activities: int, queue: str) -> int:
        for number in range(activities):
            await workflow.execute_activity(
                name, number, task_queue=queue, start_to_close_timeout=timedelta(seconds=10)
            )
        return activities
