"""Review notes as they are written and seen."""

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
    """Something to say about a moment of a video."""

    max_bytes = PROSE

    asset: NoteAsset
    """What was looked at: the source, or the accessible video of a language."""
    language: Language | None = None
    """BCP 47 code of the language that it is about. Absent: the source language."""
    at_ms: Counted
    """The moment, on the asset's own clock."""
    text: Comment
    """What is to be said."""
    audience: Audience | None = None
    """Whom it is for. Absent: `internal`, and `client` of a client's own users."""
    kind: Kind | None = None
    """The text whose nearest cue it is about. Absent: whichever is nearer."""


class NotePatch(Body):
    """What is absent stays."""

    max_bytes = PROSE

    text: Comment | None = None
    """What is to be said."""
    audience: Audience | None = None
    """Whom it is for."""
    resolved: bool | None = Field(default=None, strict=True)
    """Whether it has been seen to."""


class NoteOut(Out):
    """A note at a moment of a video."""

    id: UUID
    """The note's."""
    job_id: UUID
    """The job's."""
    asset: NoteAsset
    """What was looked at."""
    language: str
    """BCP 47 code of the language that it is about."""
    at_ms: int
    """The moment on the asset as it was when the note was written."""
    source_ms: int
    """The same moment of the source: where the picture of the accessible video is held, the moment at which it stands."""
    now_ms: int | None
    """The same moment of the asset as it is now: a new render has other pauses. None where there is no such asset now."""
    kind: Kind | None
    """The text that the cue is of."""
    cue_id: str | None
    """The nearest cue when the note was written: whatever becomes of times, it keeps its id."""
    text: str
    """What is said."""
    audience: Audience
    """Whom it is for."""
    author: Person | None
    """Who wrote it. Of others' notes, not for the client's own users."""
    resolved_at: datetime | None
    """When it was seen to."""
    created_at: datetime
    """When it was written."""
    updated_at: datetime
    """When it was changed last."""
