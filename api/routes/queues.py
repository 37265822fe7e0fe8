"""The task queues, for those who run the workers."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.queues import QueueStats
from api.errors import errors
from api.guards.production import Staff
from api.intake import Route
from api.looks import SharedLooks

router = APIRouter(prefix="/production/queue-stats", tags=["Production"], route_class=Route)


@router.get("", responses=errors(401, 403))
async def queue_stats(caller: Staff, looks: SharedLooks) -> QueueStats:
    """Returns what waits in each task queue, for how long, and which workers serve it."""
    await caller.session.commit()
    return await looks.queues.get()
