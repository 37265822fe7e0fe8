"""Schedules of batches."""

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
"""A cron expression with five fields: minute, hour, day of the month, month, day of the week."""
_LEAST_MINUTES = 15


class WhenBody(Body):
    """When a schedule runs: `cron` or `every_minutes`."""

    cron: Cron | None = None
    """Cron expression, such as `0 3 * * MON`."""
    every_minutes: int | None = Field(default=None, ge=_LEAST_MINUTES, le=366 * 24 * 60)
    """Minutes from one run to the next."""
    time_zone: TimeZone = "UTC"
    """Time zone of the cron. If absent from a change, it is kept."""

    @property
    def every(self) -> timedelta | None:
        return timedelta(minutes=self.every_minutes) if self.every_minutes else None


class ScheduleBody(WorkBody):
    """A recurring batch over a filter. It runs in the caller's name, on the jobs that they can see at that time."""

    name: NounName
    """Name."""
    when: WhenBody
    """When the schedule runs."""
    filter: BatchFilter
    """Filter that selects the jobs."""
    max_jobs: Integer = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    """Maximum number of jobs per run, oldest first."""

    def work(self) -> BatchWork:
        said = {name: getattr(self, name) for name in WorkBody.model_fields}
        return BatchWork(**{**said, "languages": tuple(self.languages)})


class WorkPatch(WorkBody):
    """A new action, which replaces the old one."""


class SchedulePatch(Body):
    """A change to a schedule. Absent fields stay unchanged."""

    name: NounName | None = None
    """Name."""
    when: WhenBody | None = None
    """When the schedule runs."""
    filter: BatchFilter | None = None
    """Filter that selects the jobs."""
    work: WorkPatch | None = None
    """The action on each job."""
    max_jobs: Integer | None = Field(default=None, ge=1, le=MOST_JOBS)
    """Maximum number of jobs per run."""


class RunOut(Out):
    """A run of a schedule that has begun."""

    scheduled_at: datetime
    """When the run was due."""
    started_at: datetime
    """When the run began."""


class ScheduleOut(Out):
    """A schedule as Temporal has it."""

    id: str
    """Id of the schedule."""
    name: str
    """Name."""
    owner_id: UUID | None
    """Id of the user who owns the schedule; null if staff made it in Temporal's UI."""
    work: BatchWork | None
    """The action on each job; null if the schedule's input cannot be read."""
    filter: BatchFilter | None
    """Filter that selects the jobs; null if the schedule's input cannot be read."""
    max_jobs: int | None
    """Maximum number of jobs per run; null if the schedule's input cannot be read."""
    cron: list[str]
    """Cron expressions."""
    every_minutes: list[int]
    """Minutes from one run to the next."""
    time_zone: str
    """Time zone of the crons."""
    paused: bool
    """Whether the schedule is paused."""
    note: str | None
    """Why the schedule is paused, and by whom."""
    running: bool
    """Whether a run is in progress. Another run would be skipped."""
    next_runs: list[datetime]
    """The next runs."""
    recent_runs: list[RunOut]
    """The most recent runs."""
