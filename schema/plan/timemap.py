"""From source time to render time and back. Monotone; all sums in ticks, milliseconds only at the edge."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schema.plan.model import Pause, Plan, Timebase

Side = Literal["before", "after"]


class MapPause(BaseModel):
    """One hold: source time stands at `at` while render time goes from `start` to `start + length`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: int = Field(ge=0, description="Source ticks.")
    start: int = Field(ge=0, description="Render ticks.")
    length: int = Field(gt=0, description="Ticks.")
    at_ms: int = Field(ge=0)
    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)


class TimeMap(BaseModel):
    """`time-map.json`: piecewise linear with slope 1, and a jump at every pause.

    At a pause's own tick the map has two values: `before` it (where the hold begins) and `after` (where it ends).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", title="Time map")

    version: Literal[1] = 1
    timebase: Timebase
    duration: int = Field(ge=0, description="Of the source, in ticks.")
    rendered_duration: int = Field(ge=0, description="Of the accessible video, in ticks.")
    pauses: tuple[MapPause, ...] = Field(description="In time order.")

    @model_validator(mode="after")
    def _adds_up(self) -> TimeMap:
        added = 0
        for i, pause in enumerate(self.pauses):
            if i and pause.at <= self.pauses[i - 1].at:
                raise ValueError(f"pause {i} is not after the one before it")
            if pause.start != pause.at + added:
                raise ValueError(f"pause {i} starts at {pause.start}, not at {pause.at + added}")
            added += pause.length
        if self.rendered_duration != self.duration + added:
            raise ValueError("rendered_duration is not duration plus the pauses")
        return self

    @classmethod
    def of(cls, plan: Plan) -> TimeMap:
        """The map of a plan."""
        return cls.from_pauses(plan.pauses, plan.duration, plan.timebase)

    @classmethod
    def from_pauses(cls, pauses: Sequence[Pause], duration: int, timebase: Timebase) -> TimeMap:
        added = 0
        mapped = []
        for pause in pauses:
            start = pause.at + added
            added += pause.ticks
            mapped.append(
                MapPause(
                    at=pause.at,
                    start=start,
                    length=pause.ticks,
                    at_ms=timebase.to_ms(pause.at),
                    start_ms=timebase.to_ms(start),
                    end_ms=timebase.to_ms(start + pause.ticks),
                )
            )
        return cls(
            timebase=timebase, duration=duration, rendered_duration=duration + added, pauses=tuple(mapped)
        )

    @cached_property
    def _points(self) -> tuple[list[int], list[int], list[int]]:
        """Source and render ticks of the pauses, and what was added before each (one more than pauses)."""
        ats = [pause.at for pause in self.pauses]
        starts = [pause.start for pause in self.pauses]
        return ats, starts, [0, *accumulate(pause.length for pause in self.pauses)]

    def to_render(self, tick: int, side: Side = "after") -> int:
        """Render tick of a source tick. `side` says which, at a pause's own tick."""
        ats, _, added = self._points
        find = bisect_right if side == "after" else bisect_left
        return tick + added[find(ats, tick)]

    def to_source(self, tick: int) -> int:
        """Source tick of a render tick: inside a hold, the tick at which the picture stands."""
        ats, starts, added = self._points
        i = bisect_right(starts, tick)
        if i == 0:
            return tick
        return max(ats[i - 1], tick - added[i])

    def held_at(self, tick: int) -> int | None:
        """The index of the pause that the render tick lies in, if any."""
        i = bisect_right(self._points[1], tick) - 1
        return i if i >= 0 and tick < self.pauses[i].start + self.pauses[i].length else None

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of the JSON form, as `time_map.schema.json` has it."""
        schema = TimeMap.model_json_schema()
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
