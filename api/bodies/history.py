"""What happened to a job."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.bodies.base import Out
from schema.queries.history import What


class HistoryOut(Out):
    """Something that happened. Whoever has the role client alone sees no people, no texts and no failures."""

    id: UUID
    """The entry's."""
    at: datetime
    """When it did."""
    what: What
    """Which kind of thing."""
    action: str
    """For machines: a decision such as `job.reject`, how a version came to be, or a step."""
    words: str
    """For people."""
    language: str | None
    """The language that it is about, where it is about one; BCP 47 code."""
    reason: str | None
    """What a person gave as their reason, or why it failed. To the role client: why it was rejected or blocked, and what
    they said themselves."""
    actor_id: UUID | None
    """Who did it; null of a machine, and of staff in Temporal's UI."""
    actor: str | None
    """Their name."""
