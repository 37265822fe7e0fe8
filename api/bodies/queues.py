"""The task queues."""

from __future__ import annotations

from datetime import datetime

from api.bodies.base import Out
from workflows.names import Queue


class WorkerOut(Out):
    """A worker that serves a queue."""

    identity: str
    """Identity of the worker in Temporal, such as `process@host`."""
    seen_at: datetime
    """When the worker last polled or sent a heartbeat."""


class QueueOut(Out):
    """A task queue: its workflow tasks and activities together. Numbers are null if Temporal does not answer."""

    queue: Queue
    """Name of the queue."""
    backlog: int | None
    """Approximate number of tasks waiting for a worker."""
    backlog_age_s: float | None
    """How long the oldest task has waited, in seconds."""
    added_per_s: float | None
    """Recent rate of tasks added, per second."""
    dispatched_per_s: float | None
    """Recent rate of tasks dispatched to workers, per second."""
    pollers: int | None
    """Number of processes that polled the queue in the last minutes."""
    workers_alive: int
    """Number of workers active in the last two minutes."""
    workers: list[WorkerOut]
    """The workers that Temporal knows of."""
    problem: str | None
    """Why there are no numbers."""


class QueueStats(Out):
    """All task queues at one moment."""

    looked_at: datetime
    """When this was determined. Responses are cached for some seconds."""
    queues: list[QueueOut]
    """One queue per worker pool."""
