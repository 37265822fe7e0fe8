"""The detailed health, for admins."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.health import DetailedHealth
from api.errors import errors
from api.guards.organizations import Administrator
from api.intake import Route
from api.looks import SharedLooks

router = APIRouter(prefix="/admin/health", tags=["Admin"], route_class=Route)


@router.get("/detailed", responses=errors(401, 403))
async def detailed_health(caller: Administrator, looks: SharedLooks) -> DetailedHealth:
    """Checks the database, the bucket, Temporal, every task queue and every AI provider."""
    await caller.session.commit()
    return await looks.health.get()
