"""The task queues."""

from __future__ import annotations

from datetime import datetime

from api.bodies.base import Out
from workflows.names import Queue


class WorkerOut(Out):
    """A process that serves a queue."""

    identity: str
    """How Temporal knows it, such as `process@host`."""
    seen_at: datetime
    """When it polled, or said that it lives, last."""


class QueueOut(Out):
    """A task queue, its workflow tasks and its activities together. Numbers are null where Temporal does not answer."""

    queue: Queue
    """Its name."""
    backlog: int | None
    """Tasks that wait for a worker, about."""
    backlog_age_s: float | None
    """How long the oldest of them has waited, seconds."""
    added_per_s: float | None
    """Tasks that came, a second, of late."""
    dispatched_per_s: float | None
    """Tasks that workers took, a second, of late."""
    pollers: int | None
    """Processes that polled it in the last minutes."""
    workers_alive: int
    """Those that were heard of in the last two minutes."""
    workers: list[WorkerOut]
    """Those that Temporal knows of."""
    problem: str | None
    """Why there are no numbers."""


class QueueStats(Out):
    """All task queues at one moment."""

    looked_at: datetime
    """An answer is kept for some seconds."""
    queues: list[QueueOut]
    """One a worker pool."""
