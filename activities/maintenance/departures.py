"""Unassigns people who may no longer do their work because of their organisation or role."""

from __future__ import annotations

import hashlib

from temporalio import activity
from temporalio.client import Client

from activities.maintenance.items import Round
from schema.contracts.job import JobDecision
from schema.contracts.language import LanguageDecision
from schema.contracts.people import Actor
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import JobAction, LanguageAction, Role
from schema.queries import departures
from schema.queries.departures import Work
from schema.tables import Departure

_AT_ONCE = 100
_ACTOR = Actor(name="Membership", role=Role.ADMIN)
_REASON = "They do not belong to the organisation any more, or have another role there."


class DepartureActivities:
    """Rows show what is left to do. Workflows decide, once each, however often they are asked."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    @activity.defn(name="unassign_gone")
    async def unassign_gone(self, cursor: Cursor = Cursor()) -> Swept:
        """Unassigns departed people by telling the workflows, and deletes departures whose person no language names."""
        done = Round()
        left: list[tuple[Departure, Work]] = []

        async def look(departure: Departure) -> bool:
            async with self._database.begin() as session:
                works = await departures.to_take_away(session, departure.org_id, departure.user_id)
                left.extend((departure, work) for work in works)
                if works or not await departures.is_over(session, departure):
                    return False
                await departures.forget(session, departure)
                return True

        async with self._database.begin() as session:
            waiting = list(await departures.waiting(session, limit=_AT_ONCE))
        await done.each(waiting, lambda each: str(each.user_id), look)
        # Separately: a job whose workflow was terminated accepts no message until somebody retries it.
        await done.each(left, lambda each: f"{each[1].language} of {each[1].job_id}", self._unassign)
        return done.ended(Cursor())

    async def _unassign(self, of: tuple[Departure, Work]) -> bool:
        departure, work = of
        told = f"{departure.id}/{work.job_id}/{work.language}/{work.as_reviewer}/{work.revision}"
        decision_id = hashlib.sha256(told.encode()).hexdigest()
        if work.is_source:
            handle = self._client.get_workflow_handle(f"job-{work.job_id}")
            about_source = JobDecision(
                action=JobAction.ASSIGN_SOURCE,
                actor=_ACTOR,
                id=decision_id,
                reason=_REASON,
                as_reviewer=work.as_reviewer,
                instead_of=departure.user_id,
            )
            await handle.signal("decide", about_source)
            return True
        action = LanguageAction.UNASSIGN_REVIEWER if work.as_reviewer else LanguageAction.UNASSIGN
        handle = self._client.get_workflow_handle(f"job-{work.job_id}-{work.language}")
        decision = LanguageDecision(
            action=action,
            actor=_ACTOR,
            id=decision_id,
            reason=_REASON,
            person_id=departure.user_id,
        )
        await handle.signal("decide", decision)
        return True
