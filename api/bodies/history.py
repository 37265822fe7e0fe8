"""The history of a job."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api.bodies.base import Out
from schema.queries.history import What


class HistoryOut(Out):
    """One entry of the history. Callers with only the role client see no people, texts or failures."""

    id: UUID
    """Id of the entry."""
    at: datetime
    """When this happened."""
    what: What
    """The category of the entry."""
    action: str
    """Code of the action: a decision such as `job.reject`, the origin of a version, or a step."""
    words: str
    """A description in words."""
    language: str | None
    """BCP 47 code of the language that the entry is about, if it is about one."""
    reason: str | None
    """The reason that a person gave, or why something failed. The role client sees why the job was rejected or blocked,
    and what they wrote themselves."""
    actor_id: UUID | None
    """Id of the user who did it; null for automatic steps, and for staff in Temporal's UI."""
    actor: str | None
    """Name of that user."""
