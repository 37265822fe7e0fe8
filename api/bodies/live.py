"""What goes over the socket."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from schema.enums import JobStatus


class Auth(BaseModel):
    """From the client: a fresh access token of the same user, before the old one ends."""

    type: Literal["auth"]
    token: str


class Ready(BaseModel):
    """First of all: events after `last_event_id` follow. Keep the id of the last one that arrives, and reconnect
    with `?last_event_id=`."""

    type: Literal["ready"] = "ready"
    last_event_id: int


class Resync(BaseModel):
    """Events from before the log's retention are gone: fetch the jobs anew."""

    type: Literal["resync"] = "resync"


class Changed(BaseModel):
    """Something happened to a job; `status` is the job's at this moment, `data` what the event said."""

    type: Literal["event"] = "event"
    id: int
    event: str
    job_id: UUID
    language: str | None
    at: datetime
    status: JobStatus
    data: dict[str, Any]
