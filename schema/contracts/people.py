"""Who acts."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from schema.contracts.base import Typed
from schema.enums import Role


class Actor(Typed):
    """Who decided. Without an id it is production staff in the Temporal UI, whose names Temporal does not know."""

    user_id: UUID | None = None
    name: str = Field(default="Temporal UI", max_length=200)
    role: Role = Role.PRODUCTION

    @classmethod
    def staff(cls) -> Actor:
        return cls()
