"""What holds of every plan."""

from __future__ import annotations

from hypothesis import given, settings

from schema.plan.inputs import PlanInput
from schema.plan.model import Plan
from tests.schema.plan.scripts import check_plan, plan
from tests.schema.plan.strategies import programmes


@settings(max_examples=400)
@given(programmes())
def test_a_plan_keeps_its_promises(asked: PlanInput) -> None:
    made = plan(asked)
    check_plan(asked, made)


@settings(max_examples=50)
@given(programmes())
def test_the_same_input_gives_the_same_bytes(asked: PlanInput) -> None:
    text = plan(asked).model_dump_json()
    assert plan(asked).model_dump_json() == text
    assert Plan.model_validate_json(text).model_dump_json() == text
