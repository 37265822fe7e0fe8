"""Health."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.bodies.base import Out
from schema.enums import Provider, Step
from workflows.names import Queue

Part = Literal["database", "storage", "temporal"]


class Live(Out):
    """The process answers."""

    status: Literal["ok"] = "ok"
    """Always."""


class Health(Out):
    """Whether each part answered within some seconds."""

    ready: bool
    """All of them did."""
    database: bool
    """Postgres."""
    temporal: bool
    """Temporal's frontend."""
    storage: bool
    """The bucket."""


class Check(Out):
    """One part that was tried."""

    part: Part
    """Postgres, the bucket, or Temporal's frontend."""
    ok: bool
    """Whether it did what was asked of it, in time."""
    took_ms: int
    """How long that took."""
    asked: str
    """What it was asked."""
    problem: str | None
    """What went wrong, for a person."""


class QueueCheck(Out):
    """Whether somebody serves a task queue."""

    queue: Queue
    """Its name."""
    ok: bool
    """Whether a worker was heard of in the last two minutes."""
    workers_alive: int
    """How many were."""
    backlog: int | None
    """Tasks that wait, about."""
    problem: str | None
    """What is wrong, for a person."""


class ProviderCheck(Out):
    """What stands behind an AI step. The API loads no library of a vendor: whether credentials are accepted shows when a
    worker uses them."""

    step: Step
    """Which one."""
    provider: Provider
    """Who does it."""
    ok: bool
    """False where it is known not to work."""
    credentials: Literal["not_needed", "key_file", "of_the_machine", "unreadable"]
    """What is found here: none are needed; a service account's key, which can be read; no file is named, so those of the
    machine are used, which only a worker can try; or a file that cannot be read."""
    failed_lately: int
    """In how many jobs it failed in the last hour, and waits for a retry."""
    problem: str | None
    """What is wrong, for a person."""


class DetailedHealth(Out):
    """Every part, every queue and every provider, tried side by side."""

    looked_at: datetime
    """An answer is kept for some seconds."""
    ok: bool
    """Whether all of it is well."""
    checks: list[Check]
    """The parts that everything stands on."""
    queues: list[QueueCheck]
    """One a worker pool."""
    providers: list[ProviderCheck]
    """One an AI step."""
