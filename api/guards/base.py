"""Guards: a handler's parameter is already what the caller may touch.

`job: ReviewableJob` answers 404 where the caller may not see the job, 403 where they see it but may not review it,
and else hands the job over. A test fails for a route without a guard; `Public` says on purpose that there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Depends

from api.authn import signed_in
from schema.permissions import Permission


@dataclass(frozen=True, slots=True)
class Rule:
    """What a guard asks for; `also` names who may beside those with the permission."""

    permission: Permission | None
    also: str | None = None

    @property
    def answers(self) -> frozenset[int]:
        """The errors that a guard may end a request with, beside that of a thing that is not there."""
        if self.permission is None:
            return frozenset()
        return frozenset({401} if self.permission is Permission.READ else {401, 403})


GUARDS: dict[Callable[..., Any], Rule] = {signed_in: Rule(Permission.READ)}
"""Every guard, for the tests that hold routes to the contract."""


def public() -> None:
    """Nobody has to sign in for this."""


GUARDS[public] = Rule(None)
Public = Depends(public)
"""For a router's or route's `dependencies`."""
