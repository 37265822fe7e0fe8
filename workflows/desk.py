"""Takes decisions one at a time: each id is decided once, and no other decision is taken while the database
checks one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

from temporalio import workflow

from workflows.refusals import conflict

A = TypeVar("A")

_KEPT = 20
"""How many recent answers are carried across continue-as-new. Temporal knows an update's id only within one run."""


class Desk(Generic[A]):
    """Remembers answers by decision id. A decision that is sent again, as an update or a signal, gets the same
    answer."""

    def __init__(self, answered: Mapping[str, A]) -> None:
        self._answered = dict(answered)
        self._taking: set[str] = set()
        self._checking = False

    @property
    def answered(self) -> dict[str, A]:
        return dict(self._answered)

    @property
    def checking(self) -> bool:
        """Whether a check is waiting for the database. Nothing else may change the work meanwhile."""
        return self._checking

    def knows(self, decision_id: str | None) -> bool:
        return decision_id in self._answered or decision_id in self._taking

    async def take(self, decision_id: str | None, decide: Callable[[], Awaitable[A]]) -> A:
        """Returns what `decide` answers, or the earlier answer to the same decision."""
        if decision_id is None:
            return await decide()
        while decision_id in self._taking:
            await workflow.wait_condition(lambda: decision_id not in self._taking)
        if decision_id in self._answered:
            return self._answered[decision_id]
        self._taking.add(decision_id)
        try:
            answer = await decide()
        finally:
            self._taking.discard(decision_id)
        self._answered = dict([*self._answered.items(), (decision_id, answer)][-_KEPT:])
        return answer

    def refuse_while_checking(self) -> None:
        if self._checking:
            raise conflict("Somebody else is deciding this right now.", code="deciding")

    @contextmanager
    def check(self) -> Iterator[None]:
        """Entered before the first await of a check. When two people decide at once, one succeeds and the other is
        refused."""
        self.refuse_while_checking()
        self._checking = True
        try:
            yield
        finally:
            self._checking = False
