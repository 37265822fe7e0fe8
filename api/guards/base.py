"""Guards: a handler's parameter is the object that the caller is authorised to touch.

`job: ReviewableJob` answers 404 if the caller may not see the job, 403 if they see it but may not review it, and
otherwise passes the job to the handler. A test fails for a route without a guard. `Public` marks a route that
deliberately has none.
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
    """What a guard requires. `also` names people who are allowed without the permission."""

    permission: Permission | None
    also: str | None = None

    @property
    def answers(self) -> frozenset[int]:
        """The errors that a guard may raise, in addition to a missing object."""
        if self.permission is None:
            return frozenset()
        return frozenset({401} if self.permission is Permission.READ else {401, 403})


GUARDS: dict[Callable[..., Any], Rule] = {signed_in: Rule(Permission.READ)}
"""Every guard, for the tests that check routes against the contract."""


def public() -> None:
    """Requires no authentication."""


GUARDS[public] = Rule(None)
Public = Depends(public)
"""For the `dependencies` of a router or a route."""
