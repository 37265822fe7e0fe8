"""How a sweep processes its items: a few in parallel, separately, in bounded time."""

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
"""Fewer than the database connections of a process."""
_LIMIT_S = 20.0
"""For one item. A row that somebody else has locked does not block the sweep."""
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
    """One sweep: how many items it processed, and which failed."""

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
        """Processes each of `found`, for `limit_s` at most. A failure is counted, logged and named, and does not stop
        the others.

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
            self._seen_to += seen_to  # not as one expression, which would lose concurrent counts
        except Exception as error:
            if _is_outage(error):
                raise
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                return  # it was deleted or closed meanwhile
            _log.warning("the sweep could not see to %s: %r", name, error)
            self._failed.append(f"{name}: {_in_short(error)}")

    def add(self, *, looked_at: int = 0, seen_to: int = 0) -> None:
        """Counts items that were processed together."""
        self._looked_at += looked_at
        self._seen_to += seen_to

    def ended(self, cursor: Cursor) -> Swept:
        """The result, and where the next sweep begins."""
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
    """The error on one line, without the row's own text, which may be long and confidential."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}".rstrip(": ")
