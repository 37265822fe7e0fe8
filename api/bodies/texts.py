"""Texts as people send and see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, Strict

from api.bodies.accessible_video import EditState
from api.bodies.base import PROSE, Body, Out
from api.bodies.client_jobs import ClientText
from api.bodies.languages import Person
from api.bodies.numbers import Integer, Ratio
from schema.contracts.bounds import MOST_COUNTED, Note
from schema.enums import Kind, Origin
from schema.findings import CueTerm, Finding
from schema.vtt import term_accuracy
from schema.vtt.parse import MAX_BYTES

_MOST_MS = 360_000_000
"""A hundred hours, which no cue begins after."""
Version = Annotated[int, Field(ge=1, le=MOST_COUNTED)]
BaseVersion = Annotated[
    Integer,
    Field(
        ge=0,
        le=MOST_COUNTED,
        description="The version that was edited; 0 where there was none. 409 if another is current.",
    ),
]


class TextSave(Body):
    """A whole edited WebVTT file."""

    max_bytes = 2 * MAX_BYTES + PROSE  # escaped in JSON, a text can double
    parsed = frozenset({"content"})

    content: Annotated[str, Field(max_length=MAX_BYTES)]
    """The whole file."""
    base_version: BaseVersion
    note: Note | None = None
    """What was changed, for the history."""


class AdjustBody(Body):
    """Cues that begin in [start_ms, end_ms) are stretched by `scale` about `start_ms`, then shifted."""

    base_version: BaseVersion
    offset_ms: Integer = Field(default=0, ge=-86_400_000, le=86_400_000)
    """How far they move, later where positive."""
    scale: Ratio = "1"
    """How much longer they take, such as `25/24` or 1.001."""
    start_ms: Integer = Field(default=0, ge=0, le=_MOST_MS)
    """The first that moves begins no earlier."""
    end_ms: Integer | None = Field(default=None, ge=0, le=_MOST_MS)
    """The last begins before; absent: to the end."""


class RestoreBody(Body):
    """Saves an earlier version again, as a new one."""

    version: Annotated[Version, Strict()]
    """The one to go back to."""
    base_version: BaseVersion


class Reviewed(Out):
    """That somebody has looked at a cue as it is."""

    by: Person
    """Who."""
    at: datetime
    """When."""


class CueState(Out):
    """What is known of a cue beside its words."""

    reviewed: Reviewed | None
    """None where nobody has marked it since it was changed."""
    flagged: bool
    """Whether what it was made from has changed since a person wrote it."""
    open_comments: int
    """Those on it that are not settled."""


class TermAccuracyOut(Out):
    """Of `n` places where the source has a term (counted once a cue), `correct` have its translation."""

    correct: int
    """How many have it."""
    n: int
    """How many there are."""
    accuracy: float
    """Their ratio."""

    @classmethod
    def of(cls, terms: list[CueTerm]) -> TermAccuracyOut | None:
        found = term_accuracy(terms)
        if found.accuracy is None:
            return None
        return cls(correct=found.correct, n=found.n, accuracy=round(found.accuracy, 4))


class TextOut(Out):
    """A text with what the quality rules say about it."""

    content: str
    """The whole WebVTT file."""
    version: int
    """Counts from 1; the ETag begins with it."""
    language: str
    """BCP 47 code."""
    kind: Kind
    """Which of the two texts."""
    base_version: int | None
    """The version that was edited."""
    origin: Origin
    """How it came to be."""
    author_id: UUID | None
    """Whose it is; null of a machine's draft."""
    note: str | None
    """What was changed."""
    created_at: datetime
    """When it was saved."""
    findings: list[Finding]
    """What the quality rules say."""
    cues: dict[str, CueState]
    """Of the current text, by cue id: those of which there is anything to tell."""
    terms: list[CueTerm]
    """Of a translation: the glossary's terms in each cue of its source, and what is wanted here."""
    term_accuracy: TermAccuracyOut | None
    """Of a translation: how many of those it has; null where the source has none."""


TextView = TextOut | ClientText
"""A text, as whoever asks may see it."""


class TextCheck(Body):
    """A text that is not saved."""

    max_bytes = 2 * MAX_BYTES + PROSE
    parsed = frozenset({"content"})

    content: Annotated[str, Field(max_length=MAX_BYTES)]
    """The whole WebVTT file."""


class TextChecked(Out):
    """What would be said of a text if it were saved."""

    findings: list[Finding]
    """What the quality rules say."""
    terms: list[CueTerm]
    """Of a translation: the glossary's terms in each cue of its source, and what is wanted here."""
    term_accuracy: TermAccuracyOut | None
    """Of a translation: how many of those it has; null where the source has none."""
    edit_state: EditState | None
    """Of an audio description: where each cue would be heard. Null where nothing can be planned yet."""


class VersionOut(Out):
    """A version without its text."""

    version: int
    """Counts from 1."""
    base_version: int | None
    """The version that was edited."""
    origin: Origin
    """How it came to be."""
    author_id: UUID | None
    """Whose it is; null of a machine's draft."""
    author: str | None
    """Their name; None of a machine's draft."""
    note: str | None
    """What was changed."""
    created_at: datetime
    """When it was saved."""
