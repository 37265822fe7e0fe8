"""What goes over the socket."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal
from uuid import UUID

from api.bodies.base import Out
from schema.enums import Audience, Event, JobAction, JobStatus, LanguageAction
from schema.queries.events import Happened


class Auth(Out):
    """From the client: a fresh access token of the same user, before the old one ends."""

    type: Literal["auth"]
    """What it is."""
    token: str
    """The new one."""


class Ready(Out):
    """First of all: events after `last_event_id` follow. Keep the id of the last one that arrives, and reconnect
    with `?last_event_id=`."""

    type: Literal["ready"] = "ready"
    """What it is."""
    last_event_id: int
    """Where it begins."""


class Resync(Out):
    """Events from before the log's retention are gone: fetch the jobs anew."""

    type: Literal["resync"] = "resync"
    """What it is."""


class Changed(Out):
    """Something happened to a job; `status` is the job's at this moment, `data` what the event said.

    `progress` is told to whoever is there, and is not in the log: it carries the id of the last event before it.
    """

    type: Literal["event"] = "event"
    """What it is."""
    id: int
    """Counts on; where to go on after a cut."""
    event: Event | JobAction | LanguageAction | str
    """What happened: a decision by its name, or one of the others. Overlook what you do not know."""
    job_id: UUID
    """The job's."""
    language: str | None
    """BCP 47 code, where it is about one language."""
    at: datetime
    """When it happened."""
    status: JobStatus
    """The job's now."""
    data: dict[str, Any]
    """What the event says beside, such as the version that was saved."""

    @classmethod
    def of(cls, event: Happened, event_id: int) -> Changed:
        return cls(
            id=event_id,
            event=event.type,
            job_id=event.place.job_id,
            language=event.language,
            at=event.at,
            status=event.status,
            data=event.data,
        )

    @classmethod
    def for_client(cls, event: Happened, event_id: int) -> Changed | None:
        """As the role client sees it: that the job or a language moved, and nothing of what people say or do to it."""
        kind = _note_for_client(event) if event.type in _NOTES else event.type
        if kind is None or kind in _INTERNAL:
            return None
        if kind in set(LanguageAction):
            kind = Event.LANGUAGE
        kept = {name: event.data[name] for name in _FOR_CLIENTS if name in event.data}
        return cls.of(replace(event, type=kind, data=kept), event_id)


def _note_for_client(event: Happened) -> str | None:
    """To a client a note that becomes theirs is new, and one that becomes internal is gone; of others they hear nothing."""
    before, after = (event.data.get(name) == Audience.CLIENT for name in ("audience_before", "audience"))
    if before and after:
        return event.type
    return Event.NOTE_ADDED if after else Event.NOTE_DELETED if before else None


_INTERNAL = frozenset(
    {
        Event.COMMENT_ADDED,
        Event.COMMENT_CHANGED,
        Event.COMMENT_DELETED,
        Event.PLAN_EDITED,
        Event.TERMINATED,
    }
)
_NOTES = frozenset({Event.NOTE_ADDED, Event.NOTE_CHANGED, Event.NOTE_DELETED})
_FOR_CLIENTS = (
    *("status", "step", "revision", "title", "stage", "qc_state"),
    *("kind", "version", "fraction", "words", "note_id", "resolved"),
)


class Close(IntEnum):
    """Why the server closes a socket."""

    GOING_AWAY = 1001
    SIGN_IN_AGAIN = 4401
    """The token has ended, or the sign-in. Renew the token, and resume."""
    BEHIND = 4408
    """The client takes messages more slowly than they come. Resume from the last event's id."""
    TOO_MANY = 4429
    """The user has too many sockets (SOCKETS_PER_USER)."""

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Close.GOING_AWAY: "The server restarts.",
    Close.SIGN_IN_AGAIN: "This sign-in has ended. Sign in again.",
    Close.BEHIND: "Too slow. Reconnect with last_event_id.",
    Close.TOO_MANY: "Too many sockets of one user: close another first.",
}


FromServer = (Ready, Resync, Changed)
"""What the socket sends."""
FromClient = (Auth,)
"""What it takes."""
