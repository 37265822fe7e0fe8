"""What a sweep is told, where it stopped, and what it did."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict

from schema.contracts.base import Contract
from schema.enums import Sweep


class SweepInput(Contract):
    """Starts a `SweepWorkflow`: which of the sweeps."""

    sweep: Sweep


class LastJob(Contract):
    """The job that a sweep looked at last, in its order."""

    model_config = ConfigDict(extra="ignore")

    at: datetime
    id: UUID


class Cursor(Contract):
    """Where a sweep goes on. Another build may have written it, so unknown fields are dropped."""

    model_config = ConfigDict(extra="ignore")

    since: datetime | None = None
    """repair_rows: what began or ended earlier was seen to. None is a day ago."""
    after: LastJob | None = None
    """start_orphans: the page ends here. None begins with the job that has been silent for longest. purge_jobs: likewise,
    by when jobs were deleted."""


class Swept(Contract):
    """What one sweep did, as staff read it in the Temporal UI. The next one begins at `cursor`."""

    model_config = ConfigDict(extra="ignore")

    looked_at: int = 0
    seen_to: int = 0
    failed: int = 0
    """Things that could not be seen to. They stop nothing else."""
    failures: tuple[str, ...] = ()
    """The first of those, each with its reason."""
    cursor: Cursor = Cursor()
