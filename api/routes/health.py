"""Liveness and readiness of the process."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.bodies.health import Health, Live
from api.context import SharedParts
from api.guards.base import Public
from api.intake import Route
from api.operations import health

router = APIRouter(prefix="/health", tags=["Health"], route_class=Route, dependencies=[Public])


@router.get("/live")
async def live() -> Live:
    """Answers while the process is alive."""
    return Live()


@router.get("/ready", responses={503: {"model": Health, "description": "A part does not answer."}})
async def ready(parts: SharedParts, response: Response) -> Health:
    """Checks that the database, Temporal and the object store answer."""
    found = await health.look(parts)
    if not found.ready:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return found
