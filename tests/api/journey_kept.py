"""Every write route of those who run the place once."""

from __future__ import annotations

from schema.enums import Role
from tests.api.journey import Journey


async def go(journey: Journey) -> None:
    await journey.write(Role.ADMIN, "DELETE", "/admin/audit-logs/cleanup")
