"""Schedules of batches, which act in their owner's name."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from schema.contracts.batches import BatchFilter, BatchWork, ScheduledBatch
from schema.enums import BatchAction, Role
from tests.api.authorization.batches import NO_JOB
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed, name
from tests.api.people import Person
from workflows import production_schedules as schedules

_BASE = "/production/schedules"
_ONE = f"{_BASE}/{{schedule_id}}"
_YEARLY = "0 0 1 1 *"


def _schedule(*, own: bool = False, of_staff: bool = False) -> Make:
    """Not the caller's `own`, it is of somebody who is not asked; `of_staff`, it was made in Temporal's UI."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        owner_id = caller.id if own else (await world.user(Role.PRODUCTION, site.org.id)).id
        schedule_id = f"authorization-{uuid4()}"
        asked = ScheduledBatch(
            work=BatchWork(action=BatchAction.RETRY),
            filter=BatchFilter(client_id=site.client.id, **NO_JOB),
            owner_id=None if of_staff else owner_id,
            org_id=None if own or of_staff else site.org.id,
            name=f"0 {name()}",  # an admin's first page is full of others, by name
            cron=_YEARLY,
        )
        await schedules.create(world.parts.temporal, schedule_id, asked)
        return {"schedule_id": schedule_id}

    return make


async def _in_the_list(world: World, site: Site, caller: Person) -> Ids:
    """Temporal's list is a moment behind."""
    ids = await _schedule()(world, site, caller)
    async with asyncio.timeout(120):
        while ids["schedule_id"] not in await schedules.ids(world.parts.temporal):
            await asyncio.sleep(0.2)
    return ids


async def _client(world: World, site: Site, caller: Person) -> Ids:
    return {"client_id": str(site.client.id)}


def _new(ids: Ids) -> Ids:
    wanted = {**ids, **NO_JOB}
    return {"name": name(), "when": {"cron": _YEARLY}, "action": "retry", "filter": wanted}


def _renamed(ids: Ids) -> Ids:
    return {"name": name()}


ENTRIES = {
    f"GET {_BASE}": Entry(_in_the_list, query=lambda ids: "size=100", shown=listed("schedule_id")),
    f"POST {_BASE}": Entry(_client, _new),
    f"GET {_ONE}": Entry(_schedule()),
    f"GET {_ONE} (one's own)": Entry(_schedule(own=True), own_each=True),
    f"GET {_ONE} (made in Temporal's UI)": Entry(_schedule(of_staff=True)),
    f"PATCH {_ONE}": Entry(_schedule(), _renamed),
    f"PATCH {_ONE} (one's own)": Entry(_schedule(own=True), _renamed, own_each=True),
    f"PATCH {_ONE} (made in Temporal's UI)": Entry(_schedule(of_staff=True), _renamed),
    f"DELETE {_ONE}": Entry(_schedule()),
    **{f"POST {_ONE}/{what}": Entry(_schedule()) for what in ("pause", "resume", "trigger")},
}
