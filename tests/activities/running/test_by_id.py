"""Answers by id: exact, or asked again, divided, and failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from pydantic import TypeAdapter

from activities.running.by_id import Answers, KeptAnswers, Unusable, complete
from schema.errors import ProviderFailed
from tests.activities.contract.support import Kept

IDS = ["0", "1", "2", "3", "4"]
Fault = Callable[[list[tuple[str, str]]], list[tuple[str, str]]]


class Model:
    """Answers each id with itself; `bad` says of a set of ids how its answer is wrong."""

    def __init__(self, bad: Callable[[Sequence[str]], Fault | None]) -> None:
        self.bad = bad
        self.asked: list[list[str]] = []
        self.kept = KeptAnswers(Kept(), TypeAdapter(list[str]), "-".join)

    async def ask(self, ids: Sequence[str]) -> Answers[str]:
        self.asked.append(list(ids))
        right = [(id_, f"answer {id_}") for id_ in ids]
        fault = self.bad(ids)
        return fault(right) if fault else right

    async def complete(self) -> dict[str, str]:
        return await complete(IDS, self.ask, "The model", {id_: f"line {id_}" for id_ in IDS}, self.kept)


def unusable(_: object) -> list[tuple[str, str]]:
    raise Unusable("it was cut off")


FAULTS: dict[str, Fault] = {
    "missing": lambda right: right[1:],
    "extra": lambda right: [*right, ("9", "more")],
    "doubled": lambda right: [*right, right[0]],
    "renamed": lambda right: [("x", right[0][1]), *right[1:]],
    "unusable": unusable,
}
RIGHT = {id_: f"answer {id_}" for id_ in IDS}


async def test_a_right_answer_is_taken_in_any_order() -> None:
    model = Model(lambda ids: lambda right: right[::-1])
    assert await model.complete() == RIGHT
    assert model.asked == [IDS]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_wrong_answer_is_asked_for_again(fault: Fault) -> None:
    model = Model(lambda ids: fault if len(model.asked) == 1 else None)
    assert await model.complete() == RIGHT
    assert model.asked == [IDS, IDS]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_one_that_stays_wrong_is_asked_for_in_halves(fault: Fault) -> None:
    model = Model(lambda ids: fault if len(ids) > 2 else None)
    assert await model.complete() == RIGHT
    assert model.asked == [IDS, IDS, ["0", "1"], ["2", "3", "4"], ["2", "3", "4"], ["2"], ["3", "4"]]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_one_that_stays_wrong_alone_is_named(fault: Fault) -> None:
    model = Model(lambda ids: fault if "3" in ids else None)
    with pytest.raises(ProviderFailed, match=r"The model gave no usable answer for line 3: ") as failed:
        await model.complete()
    assert not failed.value.retryable
    assert model.asked[-2:] == [["3"], ["3"]]


async def test_nothing_is_not_asked_for() -> None:
    model = Model(lambda ids: None)
    assert await complete([], model.ask, "The model", {}, model.kept) == {}
    assert model.asked == []


async def test_neither_what_was_answered_nor_what_was_in_vain_is_asked_for_again() -> None:
    model = Model(lambda ids: unusable if "3" in ids else None)
    with pytest.raises(ProviderFailed):
        await model.complete()
    model.asked, model.bad = [], lambda ids: unusable if len(ids) > 2 else None
    assert await model.complete() == RIGHT
    assert model.asked == [["3"], ["4"]]
    model.asked = []
    assert await model.complete() == RIGHT
    assert model.asked == []


async def test_an_attempt_that_ends_among_halves_goes_on_there() -> None:
    def away(_: object) -> list[tuple[str, str]]:
        raise ProviderFailed("The model is away.", retryable=True)

    model = Model(lambda ids: unusable if len(ids) > 3 else away if "3" in ids else None)
    with pytest.raises(ProviderFailed, match="away"):
        await model.complete()
    assert model.asked == [IDS, IDS, ["0", "1"], ["2", "3", "4"]]
    model.asked, model.bad = [], lambda ids: None
    assert await model.complete() == RIGHT
    assert model.asked == [["2", "3", "4"]]
