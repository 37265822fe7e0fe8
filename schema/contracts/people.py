"""The actor of a decision."""

from __future__ import annotations

from uuid import UUID

from schema.contracts.base import Typed
from schema.contracts.bounds import Told
from schema.enums import Role


class Actor(Typed):
    """Who decided. Without an id it is production staff in the Temporal UI, whose names Temporal does not know."""

    user_id: UUID | None = None
    name: Told = "Temporal UI"
    role: Role = Role.PRODUCTION

    @classmethod
    def staff(cls) -> Actor:
        return cls()
