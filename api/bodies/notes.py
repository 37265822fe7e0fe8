"""Review notes: their request and response bodies."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.bodies.base import PROSE, Body, Out
from api.bodies.languages import Person
from api.bodies.numbers import Counted
from schema.contracts.bounds import Comment, Language
from schema.enums import Audience, Kind, NoteAsset


class NoteBody(Body):
    """A note at a moment of a video."""

    max_bytes = PROSE

    asset: NoteAsset
    """The asset that the note is on: the source, or the accessible video of a language."""
    language: Language | None = None
    """BCP 47 code of the language that the note is about. If absent: the source language."""
    at_ms: Counted
    """The time on the asset's own timeline."""
    text: Comment
    """Text of the note."""
    audience: Audience | None = None
    """Who may read the note. If absent: `client` for a client's own users, otherwise `internal`."""
    kind: Kind | None = None
    """The text whose nearest cue the note is about. If absent: the text with the nearer cue."""


class NotePatch(Body):
    """A change to a note. Absent fields stay unchanged."""

    max_bytes = PROSE

    text: Comment | None = None
    """Text of the note."""
    audience: Audience | None = None
    """Who may read the note."""
    resolved: bool | None = Field(default=None, strict=True)
    """Whether the note is resolved."""


class NoteOut(Out):
    """A note at a moment of a video."""

    id: UUID
    """Id of the note."""
    job_id: UUID
    """Id of the job."""
    asset: NoteAsset
    """The asset that the note is on."""
    language: str
    """BCP 47 code of the language that the note is about."""
    at_ms: int
    """The time on the asset as it was when the note was written."""
    source_ms: int
    """The same time on the source. During a pause of the accessible video, the time at which the picture is held."""
    now_ms: int | None
    """The same time on the current asset, since a new render has different pauses. Null if there is no such asset
    now."""
    kind: Kind | None
    """The text that the cue belongs to."""
    cue_id: str | None
    """Id of the nearest cue when the note was written. The id stays the same if times change."""
    text: str
    """Text of the note."""
    audience: Audience
    """Who may read the note."""
    author: Person | None
    """The author. For the client's own users, only of their own notes."""
    resolved_at: datetime | None
    """When it was resolved."""
    created_at: datetime
    """When it was written."""
    updated_at: datetime
    """When it was last changed."""
