"""Messages of the live socket."""

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
    """From the client: a fresh access token of the same user, sent before the old one expires."""

    type: Literal["auth"]
    """The type of the message."""
    token: str
    """The new access token."""


class Ready(Out):
    """The first message: events after `last_event_id` follow. Keep the id of the last event, and reconnect with
    `?last_event_id=`."""

    type: Literal["ready"] = "ready"
    """The type of the message."""
    last_event_id: int
    """Id of the event after which the stream begins."""


class Resync(Out):
    """Events from before the log's retention are gone: fetch the jobs again."""

    type: Literal["resync"] = "resync"
    """The type of the message."""


class Changed(Out):
    """Something happened to a job. `status` is the job's current status, `data` the details of the event. `progress`
    events are sent only to connected clients and are not in the log; they carry the id of the last event before them.

    `progress` is told to whoever is there, and is not in the log: it carries the id of the last event before it.
    """

    type: Literal["event"] = "event"
    """The type of the message."""
    id: int
    """Increasing event id, for resuming after a disconnect."""
    event: Event | JobAction | LanguageAction | str
    """What happened: the name of a decision, or another event. Ignore unknown values."""
    job_id: UUID
    """Id of the job."""
    language: str | None
    """BCP 47 code of the language, if the event is about one."""
    at: datetime
    """When it happened."""
    status: JobStatus
    """Current status of the job."""
    data: dict[str, Any]
    """Details of the event, such as the saved version."""

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
        """The event as the role client sees it: that the job or a language changed, without what people say or do."""
        kind = _note_for_client(event) if event.type in _NOTES else event.type
        if kind is None or kind in _INTERNAL:
            return None
        if kind in set(LanguageAction):
            kind = Event.LANGUAGE
        kept = {name: event.data[name] for name in _FOR_CLIENTS if name in event.data}
        return cls.of(replace(event, type=kind, data=kept), event_id)


def _note_for_client(event: Happened) -> str | None:
    """For a client, a note that becomes visible is new, and one that becomes internal is gone. Clients are not told of
    other notes."""
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
    """The token has expired, or the session has ended. Renew the token and resume."""
    BEHIND = 4408
    """The client reads messages too slowly. Resume from the last event id."""
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
"""The messages that the socket sends."""
FromClient = (Auth,)
"""The messages that the socket accepts."""
