"""Figures of the platform."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from api.bodies.base import Out
from schema.enums import Gate, JobStatus, Step
from schema.queries.stats import By


class Whose(Out):
    """Whose figures these are: of all, where both are null."""

    org_id: UUID | None
    """The organisation's."""
    organisation: str | None
    """Its name."""
    client_id: UUID | None
    """The client's."""
    client: str | None
    """Its name."""


class StatusCount(Out):
    """Jobs that are at a status now."""

    status: JobStatus
    """Where they are."""
    jobs: int
    """How many."""


class Day(Out):
    """The throughput of a day, in UTC."""

    day: date
    """Which one."""
    created: int
    """Jobs that were made."""
    completed: int
    """Jobs that were completed, and not opened again since."""
    minutes: float
    """Of the sources of those that were completed."""


class Figures(Whose):
    """What was done."""

    statuses: list[StatusCount]
    """Of all jobs that are not deleted, whenever they were made."""
    created: int
    """Jobs that were made in the period."""
    completed: int
    """Jobs that were completed in it."""
    minutes: float
    """Of the sources of those."""
    texts: int
    """Captions and descriptions that were approved in the period, each language by itself."""
    cues: int
    """In those."""
    words: int
    """In those."""
    draft_cues: int
    """Cues of those that began as a machine's draft."""
    cues_changed: int
    """How many of those are not as the draft had them: changed, added or taken out."""
    days: list[Day]
    """Those on which something was made or completed."""


class StepTime(Out):
    """How long a step takes, as its workers measured it, without its queue."""

    step: Step
    """Which one."""
    runs: int
    """How many were measured: one a job, or one a language of a job. What was found and not made again is none."""
    median_ms: float
    """Half of them took no longer."""
    p90_ms: float
    """Nine of ten took no longer."""
    median_ms_per_minute: float | None
    """For a minute of the source."""
    p90_ms_per_minute: float | None
    """Likewise, nine of ten."""
    median_wait_ms: float
    """In the queue, before it began."""
    p90_wait_ms: float
    """Likewise, nine of ten."""


class GateRate(Out):
    """How often a gate is passed at its first decision."""

    gate: Gate
    """Which one."""
    decided: int
    """What was decided about for the first time in the period: jobs, and at language QC languages."""
    passed: int
    """What was approved, or completed, by that decision."""
    rate: float
    """The second by the first."""


class Pipeline(Whose):
    """How work goes on its way."""

    steps: list[StepTime]
    """In the order of the pipeline."""
    gates: list[GateRate]
    """In the order of the pipeline."""


class Stats(Out):
    """What was done in a period."""

    since: datetime
    """Then or later."""
    until: datetime
    """Before."""
    by: By
    """What the figures are told apart by."""
    items: list[Figures]
    """One for all, or one an organisation or client that has any."""


class PipelineStats(Out):
    """How work went on its way in a period."""

    since: datetime
    """Then or later."""
    until: datetime
    """Before."""
    by: By
    """What the figures are told apart by."""
    items: list[Pipeline]
    """One for all, or one an organisation or client that has any."""
