"""Contracts of the sweeps: input, cursor and result."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict

from schema.contracts.base import Contract
from schema.enums import Sweep


class SweepInput(Contract):
    """Starts a `SweepWorkflow` for one of the sweeps."""

    sweep: Sweep


class LastJob(Contract):
    """The job at which a sweep stopped, in its order."""

    model_config = ConfigDict(extra="ignore")

    at: datetime
    id: UUID


class Cursor(Contract):
    """Where a sweep continues. Another build may have written it, so unknown fields are dropped."""

    model_config = ConfigDict(extra="ignore")

    since: datetime | None = None
    """For repair_rows: workflows that began or ended earlier are done. None means a day ago."""
    after: LastJob | None = None
    """For start_orphans: the end of the page. None starts with the job that has been silent for longest. For
    purge_jobs, the same by time of deletion."""


class Swept(Contract):
    """The result of one sweep, which staff read in the Temporal UI. The next one begins at `cursor`."""

    model_config = ConfigDict(extra="ignore")

    looked_at: int = 0
    seen_to: int = 0
    failed: int = 0
    """How many items failed. They stop nothing else."""
    failures: tuple[str, ...] = ()
    """The first failures, each with its reason."""
    cursor: Cursor = Cursor()
