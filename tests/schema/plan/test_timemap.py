"""The map from source to render time: monotone, and its own inverse outside holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schema.plan import timemap
from schema.plan.inputs import PlanInput
from schema.plan.model import Pause, Timebase
from schema.plan.timemap import TimeMap
from tests.schema.plan.scripts import plan
from tests.schema.plan.strategies import programmes

ONE = Timebase(rate=1000, grid=1)
"""A tick is a millisecond."""


def pause(at: int, length: int) -> Pause:
    return Pause(at=at, units=length, ticks=length, cue_ids=("a",), reason="")


TWO = TimeMap.from_pauses([pause(1000, 500), pause(3000, 2000)], 5000, ONE)


@pytest.mark.parametrize(
    ("source", "before", "after"),
    [
        (0, 0, 0),
        (999, 999, 999),
        (1000, 1000, 1500),
        (1001, 1501, 1501),
        (3000, 3500, 5500),
        (5000, 7500, 7500),
    ],
)
def test_source_to_render(source: int, before: int, after: int) -> None:
    assert (TWO.to_render(source, "before"), TWO.to_render(source, "after")) == (before, after)


@pytest.mark.parametrize(
    ("render", "source", "held"),
    [
        (0, 0, None),
        (999, 999, None),
        (1000, 1000, 0),
        (1499, 1000, 0),
        (1500, 1000, None),
        (1501, 1001, None),
        (3500, 3000, 1),
        (5499, 3000, 1),
        (5500, 3000, None),
        (7500, 5000, None),
    ],
)
def test_render_to_source(render: int, source: int, held: int | None) -> None:
    assert TWO.to_source(render) == source
    assert TWO.held_at(render) == held


@settings(max_examples=100)
@given(programmes(), st.data())
def test_monotone_and_inverse(asked: PlanInput, data: st.DataObject) -> None:
    time_map = TimeMap.of(plan(asked))
    ticks = st.integers(0, time_map.duration)
    a, b = sorted((data.draw(ticks), data.draw(ticks)))
    assert time_map.to_render(a, "before") <= time_map.to_render(a, "after") <= time_map.to_render(b, "after")
    if a < b:
        assert time_map.to_render(a, "after") < time_map.to_render(b, "before") + 1
        assert time_map.to_render(b) - time_map.to_render(a) >= b - a
    for side in ("before", "after"):
        assert time_map.to_source(time_map.to_render(a, side)) == a
    render = data.draw(st.integers(0, time_map.rendered_duration))
    back = time_map.to_source(render)
    assert time_map.to_render(back, "before") <= render <= time_map.to_render(back, "after")
    inside = time_map.to_render(back, "before") <= render < time_map.to_render(back, "after")
    assert (time_map.held_at(render) is not None) == inside


def test_milliseconds_do_not_drift_over_many_pauses() -> None:
    """Fifty pauses of 25 units at 44.1 kHz are 580.498 ms each: rounded ones would be 25 ms off in the end."""
    timebase = Timebase(rate=44_100)
    pauses = [
        Pause(at=(i + 1) * 44_100, units=25, ticks=25 * 1024, cue_ids=("a",), reason="") for i in range(50)
    ]
    time_map = TimeMap.from_pauses(pauses, 60 * 44_100, timebase)
    assert [p.start_ms for p in time_map.pauses] == [
        round(1000 * (i + 1) + i * 25 * 1024 * 1000 / 44_100) for i in range(50)
    ]


def test_it_survives_json_and_refuses_sums_that_do_not_add_up() -> None:
    assert TimeMap.model_validate_json(TWO.model_dump_json()) == TWO
    data = json.loads(TWO.model_dump_json())
    for change in (
        {"rendered_duration": 7501},
        {"pauses": [data["pauses"][1], data["pauses"][0]]},
        {"pauses": [{**data["pauses"][0], "start": 1001}, data["pauses"][1]]},
    ):
        with pytest.raises(ValidationError):
            TimeMap.model_validate({**data, **change})


def test_the_committed_schema_is_current() -> None:
    committed = Path(timemap.__file__).with_name("time_map.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == TimeMap.json_schema()
