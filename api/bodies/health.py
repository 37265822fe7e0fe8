"""Health."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.bodies.base import Out
from schema.enums import Provider, Step
from workflows.names import Queue

Part = Literal["database", "storage", "temporal"]


class Live(Out):
    """The process is alive."""

    status: Literal["ok"] = "ok"
    """Always `ok`."""


class Health(Out):
    """Whether each part answered within some seconds."""

    ready: bool
    """Whether all parts answered."""
    database: bool
    """Whether Postgres answered."""
    temporal: bool
    """Whether Temporal's frontend answered."""
    storage: bool
    """Whether the bucket answered."""


class Check(Out):
    """The check of one part."""

    part: Part
    """The part: Postgres, the bucket, or Temporal's frontend."""
    ok: bool
    """Whether the part answered correctly and in time."""
    took_ms: int
    """How long the check took."""
    asked: str
    """What was checked."""
    problem: str | None
    """What went wrong, in words."""


class QueueCheck(Out):
    """Whether any worker serves a task queue."""

    queue: Queue
    """Name of the queue."""
    ok: bool
    """Whether a worker was active in the last two minutes."""
    workers_alive: int
    """How many workers were active in the last two minutes."""
    backlog: int | None
    """Approximate number of tasks waiting."""
    problem: str | None
    """What is wrong, in words."""


class ProviderCheck(Out):
    """The provider of an AI step. The API loads no vendor library; whether credentials are accepted shows when a worker
    uses them."""

    step: Step
    """The step."""
    provider: Provider
    """The provider."""
    ok: bool
    """False if the provider is known not to work."""
    credentials: Literal["not_needed", "key_file", "of_the_machine", "unreadable"]
    """The credentials found by the API: none needed; a readable service account key; no file configured, so those of
    the machine, which only a worker can test; or an unreadable file."""
    failed_lately: int
    """In how many jobs the step failed in the last hour and waits for a retry."""
    problem: str | None
    """What is wrong, in words."""


class DetailedHealth(Out):
    """Checks of every part, queue and provider, run in parallel."""

    looked_at: datetime
    """When this was determined. Responses are cached for some seconds."""
    ok: bool
    """Whether every check passed."""
    checks: list[Check]
    """The parts that everything depends on."""
    queues: list[QueueCheck]
    """One queue per worker pool."""
    providers: list[ProviderCheck]
    """One entry per AI step."""
