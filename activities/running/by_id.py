"""Answers by id: a model that was asked about things by their ids answers about each of them, once, or is asked again.

Nothing is guessed: an answer set with an id missing, extra or doubled, or with an empty answer, is asked for again
whole, then in halves, down to one thing alone, and then given up. Every set that was answered is kept, and that one was
asked for in vain: another attempt goes on with its halves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from activities.ports import Checkpoints
from schema.errors import ProviderFailed

A = TypeVar("A")

_TIMES = 2
"""How often the same set is asked for."""
_IN_VAIN = "-in-halves"
"""Suffix of the key of a set that has no usable answer."""


class Unusable(Exception):
    """An answer that cannot be used; the message says why, for the case that nothing helps."""


Answers = Sequence[tuple[str, A]]


class KeptAnswers(Generic[A]):
    """Sets of answers that were paid for. `key_of` gives the key of a set's checkpoint, from everything that is
    asked."""

    def __init__(
        self, checkpoints: Checkpoints, form: TypeAdapter[list[A]], key_of: Callable[[Sequence[str]], str]
    ) -> None:
        self._checkpoints = checkpoints
        self._form = form
        self._key_of = key_of

    async def get(self, ids: Sequence[str]) -> dict[str, A] | None:
        kept = await self._checkpoints.get(self._key_of(ids))
        return None if kept is None else dict(zip(ids, self._form.validate_json(kept), strict=True))

    async def put(self, ids: Sequence[str], answers: Mapping[str, A]) -> None:
        await self._checkpoints.put(self._key_of(ids), self._form.dump_json([answers[id_] for id_ in ids]))

    async def was_in_vain(self, ids: Sequence[str]) -> bool:
        """Whether the whole set got no usable answer before."""
        return await self._checkpoints.get(self._key_of(ids) + _IN_VAIN) is not None

    async def put_in_vain(self, ids: Sequence[str]) -> None:
        await self._checkpoints.put(self._key_of(ids) + _IN_VAIN, b"")


async def complete(
    ids: Sequence[str],
    ask: Callable[[Sequence[str]], Awaitable[Answers[A]]],
    who: str,
    what: Mapping[str, str],
    kept: KeptAnswers[A],
    give_up: Callable[[str, str], A] | None = None,
) -> dict[str, A]:
    """One answer for each of `ids`, which are unique.

    `ask` raises `Unusable` for an answer that is no list of (id, answer) pairs, or holds an empty one. `who` is the
    model and `what` names each thing, for people. `give_up` is given the id of a thing that got no usable answer even
    alone, and why, and says what stands in its place: that is not kept, so that another attempt may ask again.

    Raises:
        ProviderFailed: a thing got no usable answer even alone, and there is no `give_up`; or as `ask` raised it.
    """
    if not ids:
        return {}
    if (answered := await kept.get(ids)) is not None:
        return answered
    if len(ids) == 1 or not await kept.was_in_vain(ids):
        why = ""
        for _ in range(_TIMES):
            try:
                answers = exactly(ids, await ask(ids))
            except Unusable as error:
                why = str(error)
            else:
                await kept.put(ids, answers)
                return answers
        if len(ids) == 1:
            if give_up is not None:
                return {ids[0]: give_up(ids[0], why)}
            raise ProviderFailed(
                f"{who} gave no usable answer for {what[ids[0]]}: {why}. Word it otherwise, or write the answer by hand.",
                retryable=False,
            )
        await kept.put_in_vain(ids)
    half = len(ids) // 2
    first = await complete(ids[:half], ask, who, what, kept, give_up)
    return first | await complete(ids[half:], ask, who, what, kept, give_up)


def exactly(ids: Sequence[str], answers: Answers[A]) -> dict[str, A]:
    """The answers by id.

    Raises:
        Unusable: an id is missing, extra or doubled.
    """
    given = [id_ for id_, _ in answers]
    for fault, wrong in (
        ("missing", [id_ for id_ in ids if id_ not in given]),
        ("extra", [id_ for id_ in given if id_ not in ids]),
        ("doubled", [id_ for id_ in given if given.count(id_) > 1]),
    ):
        if wrong:
            raise Unusable(f"id {wrong[0]} was {fault}")
    return dict(answers)
