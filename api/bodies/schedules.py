"""Schedules of batches as people send and see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from api.bodies.base import Body, Out
from api.bodies.batches import WorkBody
from api.bodies.numbers import Integer
from api.bodies.users import TimeZone
from schema.contracts.batches import MOST_JOBS, BatchFilter, BatchWork
from schema.contracts.bounds import NounName, one_line

Cron = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=9, max_length=100, pattern=r"^[\d*/,\-A-Za-z ]+$"),
    AfterValidator(one_line),
]
"""Five fields: minute, hour, day of the month, month, day of the week."""
_LEAST_MINUTES = 15


class WhenBody(Body):
    """When it runs: `cron`, or `every_minutes`."""

    cron: Cron | None = None
    """Such as `0 3 * * MON`."""
    every_minutes: int | None = Field(default=None, ge=_LEAST_MINUTES, le=366 * 24 * 60)
    """From one run to the next."""
    time_zone: TimeZone = "UTC"
    """Of the cron; absent in a change: the one that it has."""

    @property
    def every(self) -> timedelta | None:
        return timedelta(minutes=self.every_minutes) if self.every_minutes else None


class ScheduleBody(WorkBody):
    """A batch over a filter, again and again: in your name, with what you see when it runs."""

    name: NounName
    """What people call it."""
    when: WhenBody
    """When it runs."""
    filter: BatchFilter
    """Which jobs."""
    max_jobs: Integer = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    """At most so many a run, the oldest first."""

    def work(self) -> BatchWork:
        said = {name: getattr(self, name) for name in WorkBody.model_fields}
        return BatchWork(**{**said, "languages": tuple(self.languages)})


class WorkPatch(WorkBody):
    """What is done, in the place of what was."""


class SchedulePatch(Body):
    """What may be changed of a schedule; what is absent stays."""

    name: NounName | None = None
    """What people call it."""
    when: WhenBody | None = None
    """When it runs."""
    filter: BatchFilter | None = None
    """Which jobs."""
    work: WorkPatch | None = None
    """What is done to each."""
    max_jobs: Integer | None = Field(default=None, ge=1, le=MOST_JOBS)
    """At most so many a run."""


class RunOut(Out):
    """A run of a schedule that has begun."""

    scheduled_at: datetime
    """When it was due."""
    started_at: datetime
    """When it began."""


class ScheduleOut(Out):
    """A schedule as Temporal has it."""

    id: str
    """The schedule's."""
    name: str
    """What people call it."""
    owner_id: UUID | None
    """In whose name it runs; null: staff, for it was made in Temporal's UI."""
    work: BatchWork | None
    """What is done to each job; null where its input cannot be read."""
    filter: BatchFilter | None
    """Which jobs; likewise."""
    max_jobs: int | None
    """At most so many a run; likewise."""
    cron: list[str]
    """When it runs, as crons."""
    every_minutes: list[int]
    """From one run to the next."""
    time_zone: str
    """Of the crons."""
    paused: bool
    """Whether it waits for `resume`."""
    note: str | None
    """Why it is paused, and by whom."""
    running: bool
    """Whether a run of it is under way: another is skipped meanwhile."""
    next_runs: list[datetime]
    """The next ones."""
    recent_runs: list[RunOut]
    """The last ones."""
