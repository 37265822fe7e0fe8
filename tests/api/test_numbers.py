"""Numbers in bodies: bounded before they are built, and none is a boolean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from api.bodies.accessible_video import PausePointEdit
from api.bodies.base import Body
from api.bodies.languages import MarkBody
from api.bodies.texts import AdjustBody
from api.main import routers
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Versions

assert routers()


@pytest.mark.parametrize(
    "scale",
    ["1e8000000", "1/0", "0", "9" * 5000, "1." + "0" * 5000, "1_0", "٢", " 1", "1\n", "-1", 10**4000, 0.05, True, "nan"],
)  # fmt: skip
def test_a_scale_is_bounded_before_it_is_built(scale: Any) -> None:
    began = time.thread_time()
    with pytest.raises(ValidationError):
        AdjustBody.model_validate({"base_version": 1, "scale": scale})
    assert time.thread_time() - began < 60, "hours, where it was built"


@pytest.mark.parametrize("scale", ["25/24", "1.001", "30000/30030", 1.001, 2, "10", "0.1", 0.1])
def test_a_scale_is_a_number_or_a_ratio(scale: Any) -> None:
    assert Fraction(1, 10) <= Fraction(str(AdjustBody(base_version=1, scale=scale).scale)) <= 10


def _kinds() -> Iterator[type[BaseModel]]:
    left: list[type[BaseModel]] = [Body]
    while left:
        kinds = left.pop().__subclasses__()
        left += kinds
        yield from kinds
    yield from (Versions, RequestedOutputs().sound.__class__)


def _numeric() -> Iterator[tuple[type[BaseModel], str]]:
    for kind in _kinds():
        for name, prop in kind.model_json_schema()["properties"].items():
            if {each.get("type") for each in (prop, *prop.get("anyOf", ()))} & {"integer", "number"}:
                yield kind, name


def test_no_boolean_is_a_number() -> None:
    found = list(_numeric())
    assert {PausePointEdit, MarkBody, AdjustBody} <= {kind for kind, _ in found}
    for kind, name in found:
        with pytest.raises(ValidationError) as refused:
            kind.model_validate({name: True})
        assert any(error["loc"][0] == name for error in refused.value.errors()), (kind, name)
