"""Final reviews that complete by themselves, where their client wants it."""

from __future__ import annotations

from uuid import UUID

from temporalio import activity
from temporalio.client import Client

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
    """The workflow decides, as of a person, and only where every output is there."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    @activity.defn(name="complete_by_policy")
    async def complete_by_policy(self, cursor: Cursor = Cursor()) -> Swept:
        """Tell the workflows of jobs that need nobody in final review to complete them."""
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
        await self._client.get_workflow_handle(f"job-{job.id}", run_id=job.run_id).signal("decide", decision)
        return True
