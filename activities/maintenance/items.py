"""How a sweep goes through what it found: a few side by side, each by itself, in a time that is bounded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError
from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from schema.contracts.sweeps import Cursor, Swept

T = TypeVar("T")

SIDE_BY_SIDE = 8
"""Fewer than a process has connections to the database."""
_LIMIT_S = 20.0
"""For one thing: a row that somebody else holds does not hold the sweep."""
_TOLD = 10
_log = logging.getLogger(__name__)
_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.PERMISSION_DENIED,
    }
)


class Round:
    """One sweep: what it has looked at, and what of that it could not see to."""

    def __init__(self) -> None:
        self._looked_at = 0
        self._seen_to = 0
        self._failed: list[str] = []

    async def each(
        self,
        found: Sequence[T],
        name: Callable[[T], str],
        see_to: Callable[[T], Awaitable[bool]],
        *,
        limit_s: float | None = _LIMIT_S,
    ) -> None:
        """Sees to each of `found`, for `limit_s` at most. One that fails is counted, logged and named, and stops no
        other.

        Raises:
            RPCError: Temporal is away, which is no fault of one thing.
            OperationalError: so is the database.
        """
        for start in range(0, len(found), SIDE_BY_SIDE):
            some = found[start : start + SIDE_BY_SIDE]
            ended = await asyncio.gather(
                *(self._one(name(each), see_to, each, limit_s) for each in some), return_exceptions=True
            )
            for error in ended:
                if error is not None:
                    raise error
            activity.heartbeat()

    async def _one(
        self, name: str, see_to: Callable[[T], Awaitable[bool]], thing: T, limit_s: float | None
    ) -> None:
        self._looked_at += 1
        try:
            async with asyncio.timeout(limit_s):
                seen_to = await see_to(thing)
            self._seen_to += seen_to  # not in one line, which would forget what others counted meanwhile
        except Exception as error:
            if _is_outage(error):
                raise
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                return  # it was deleted, or closed, meanwhile
            _log.warning("the sweep could not see to %s: %r", name, error)
            self._failed.append(f"{name}: {_in_short(error)}")

    def add(self, *, looked_at: int = 0, seen_to: int = 0) -> None:
        """Things that were looked at, or seen to, together."""
        self._looked_at += looked_at
        self._seen_to += seen_to

    def ended(self, cursor: Cursor) -> Swept:
        """What it did, and where the next sweep begins."""
        return Swept(
            looked_at=self._looked_at,
            seen_to=self._seen_to,
            failed=len(self._failed),
            failures=tuple(self._failed[:_TOLD]),
            cursor=cursor,
        )


def _is_outage(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        return isinstance(error, OperationalError) or error.connection_invalidated
    return isinstance(error, ConnectionError) or (isinstance(error, RPCError) and error.status in _AWAY)


def _in_short(error: Exception) -> str:
    """One line: a row's own words may be long, and are not for everybody."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}".rstrip(": ")
