"""Statistics of the platform."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from api.bodies.base import Out
from schema.enums import Gate, JobStatus, Step
from schema.queries.stats import By


class Whose(Out):
    """Whose figures these are; all null means of everyone."""

    org_id: UUID | None
    """Id of the organisation."""
    organisation: str | None
    """Name of the organisation."""
    client_id: UUID | None
    """Id of the client."""
    client: str | None
    """Name of the client."""


class StatusCount(Out):
    """The number of jobs in a status."""

    status: JobStatus
    """The status."""
    jobs: int
    """Number of jobs."""


class Day(Out):
    """The throughput of a day, in UTC."""

    day: date
    """The date."""
    created: int
    """Number of jobs created."""
    completed: int
    """Number of jobs completed, and not reopened since."""
    minutes: float
    """Minutes of source video in the completed jobs."""


class Figures(Whose):
    """Figures of a period."""

    statuses: list[StatusCount]
    """Statuses of all jobs that are not deleted, whenever they were created."""
    created: int
    """Number of jobs created in the period."""
    completed: int
    """Number of jobs completed in the period."""
    minutes: float
    """Minutes of source video in the completed jobs."""
    texts: int
    """Number of captions and descriptions approved in the period, each language counted separately."""
    cues: int
    """Number of cues in the approved texts."""
    words: int
    """Number of words in the approved texts."""
    draft_cues: int
    """Number of those cues that began as a machine draft."""
    cues_changed: int
    """Number of cues changed, added or removed compared with the draft."""
    days: list[Day]
    """Days on which a job was created or completed."""


class StepTime(Out):
    """How long a step takes, as workers measured it, without the time in the queue."""

    step: Step
    """The step."""
    runs: int
    """Number of runs measured, one per job or per language of a job. Reused results are not counted."""
    median_ms: float
    """Median duration."""
    p90_ms: float
    """90th percentile of the duration."""
    median_ms_per_minute: float | None
    """Median duration per minute of source video."""
    p90_ms_per_minute: float | None
    """90th percentile of the duration per minute of source video."""
    median_wait_ms: float
    """Median time in the queue."""
    p90_wait_ms: float
    """90th percentile of the time in the queue."""


class GateRate(Out):
    """How often a gate is passed at its first decision."""

    gate: Gate
    """The gate."""
    decided: int
    """Number of first decisions in the period: about jobs, or about languages for language QC."""
    passed: int
    """How many of them approved or completed."""
    rate: float
    """`passed` divided by `decided`."""


class Pipeline(Whose):
    """How work moves through the pipeline."""

    steps: list[StepTime]
    """Steps in the order of the pipeline."""
    gates: list[GateRate]
    """Gates in the order of the pipeline."""


class Stats(Out):
    """Figures of a period, by group."""

    since: datetime
    """Start of the period, inclusive."""
    until: datetime
    """End of the period, exclusive."""
    by: By
    """How the figures are grouped."""
    items: list[Figures]
    """One entry in total, or one per organisation or client with any figures."""


class PipelineStats(Out):
    """Figures of the pipeline in a period, by group."""

    since: datetime
    """Start of the period, inclusive."""
    until: datetime
    """End of the period, exclusive."""
    by: By
    """How the figures are grouped."""
    items: list[Pipeline]
    """One entry in total, or one per organisation or client with any figures."""
