"""Completes final reviews automatically, for clients with that policy."""

from __future__ import annotations

from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.maintenance.items import Round
from schema import objects
from schema.contracts.job import JobDecision
from schema.contracts.people import Actor
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import JobAction, Role
from schema.queries import policy

_AT_ONCE = 100
_ACTOR = Actor(name="The client's policy", role=Role.ADMIN)


class PolicyActivities:
    """The workflow decides as it does for a person, and only if every output exists."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    @activity.defn(name="complete_by_policy")
    async def complete_by_policy(self, cursor: Cursor = Cursor()) -> Swept:
        """Tells the workflows of jobs that skip final review to complete."""
        done = Round()
        async with self._database.begin() as session:
            waiting = list(await policy.waiting(session, limit=_AT_ONCE))
        await done.each(waiting, str, self._complete)
        return done.ended(Cursor())

    async def _complete(self, job_id: UUID) -> bool:
        async with self._database.begin() as session:
            job = await policy.ripe(session, job_id)
        if job is None:
            return False
        decision = JobDecision(
            action=JobAction.COMPLETE,
            actor=_ACTOR,
            id=objects.hash_of("policy", str(job.id), job.run_id or "", str(job.revision)),
            revision=job.revision,
        )
        name = f"job-{job.id}"
        try:
            await self._client.get_workflow_handle(name, run_id=job.run_id).signal("decide", decision)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            run_id = await self._goes_on_in(name)
            if run_id is None:
                return False
            await self._client.get_workflow_handle(name, run_id=run_id).signal("decide", decision)
        return True

    async def _goes_on_in(self, name: str) -> str | None:
        """The open run, if the row's run has ended: after continue-as-new, the row does not have the new run yet. A run
        that began with a reset does not count until it has written its row."""
        described = await self._client.get_workflow_handle(name).describe()
        is_reset = described.raw_description.workflow_extended_info.HasField("last_reset_time")
        is_open = described.status is WorkflowExecutionStatus.RUNNING
        return described.run_id if is_open and not is_reset else None
