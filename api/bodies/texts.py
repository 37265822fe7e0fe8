"""Texts: their request and response bodies."""

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
"""A hundred hours; no cue begins later."""
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
    """The whole WebVTT file."""
    base_version: BaseVersion
    note: Note | None = None
    """A description of the change, for the history."""


class AdjustBody(Body):
    """A time adjustment. Cues that begin in [start_ms, end_ms) are stretched by `scale` about `start_ms`, then
    shifted."""

    base_version: BaseVersion
    offset_ms: Integer = Field(default=0, ge=-86_400_000, le=86_400_000)
    """How far the cues move; positive is later."""
    scale: Ratio = "1"
    """Stretch factor, such as `25/24` or 1.001."""
    start_ms: Integer = Field(default=0, ge=0, le=_MOST_MS)
    """Cues that begin at this time or later are moved."""
    end_ms: Integer | None = Field(default=None, ge=0, le=_MOST_MS)
    """Cues that begin before this time are moved. If absent: to the end."""


class RestoreBody(Body):
    """Saves an earlier version again, as a new one."""

    version: Annotated[Version, Strict()]
    """The version to restore."""
    base_version: BaseVersion


class Reviewed(Out):
    """Who reviewed a cue in its current form."""

    by: Person
    """Id of the user."""
    at: datetime
    """When this happened."""


class CueState(Out):
    """What is known of a cue in addition to its text."""

    reviewed: Reviewed | None
    """Who reviewed the cue; null if nobody has since it changed."""
    flagged: bool
    """Whether the cue's source has changed since a person wrote it."""
    open_comments: int
    """Number of unresolved comments on the cue."""


class TermAccuracyOut(Out):
    """Term accuracy. In `n` places the source has a term (counted once per cue); `correct` of them have its
    translation."""

    correct: int
    """How many places have the expected translation."""
    n: int
    """Number of places with a term."""
    accuracy: float
    """`correct` divided by `n`."""

    @classmethod
    def of(cls, terms: list[CueTerm]) -> TermAccuracyOut | None:
        found = term_accuracy(terms)
        if found.accuracy is None:
            return None
        return cls(correct=found.correct, n=found.n, accuracy=round(found.accuracy, 4))


class TextOut(Out):
    """A text with the findings of the quality rules."""

    content: str
    """The whole WebVTT file."""
    version: int
    """Version number, from 1. The ETag begins with it."""
    language: str
    """BCP 47 language code."""
    kind: Kind
    """Which text: captions or audio description."""
    base_version: int | None
    """The version that this one is based on."""
    origin: Origin
    """The origin of the version."""
    author_id: UUID | None
    """Id of the author; null for a machine draft."""
    note: str | None
    """The author's description of the change."""
    created_at: datetime
    """When it was saved."""
    findings: list[Finding]
    """Findings of the quality rules."""
    cues: dict[str, CueState]
    """For the current text: what is known about single cues, by cue id. Cues with nothing to report are left out."""
    terms: list[CueTerm]
    """For a translation: the glossary terms in each cue of the source, and the expected translations."""
    term_accuracy: TermAccuracyOut | None
    """For a translation: how many of those terms it has; null if the source has none."""


TextView = TextOut | ClientText
"""A text, in the shape for the caller's role."""


class TextCheck(Body):
    """An unsaved text to check."""

    max_bytes = 2 * MAX_BYTES + PROSE
    parsed = frozenset({"content"})

    content: Annotated[str, Field(max_length=MAX_BYTES)]
    """The whole WebVTT file."""


class TextChecked(Out):
    """The findings that a text would have if it were saved."""

    findings: list[Finding]
    """Findings of the quality rules."""
    terms: list[CueTerm]
    """For a translation: the glossary terms in each cue of the source, and the expected translations."""
    term_accuracy: TermAccuracyOut | None
    """For a translation: how many of those terms it has; null if the source has none."""
    edit_state: EditState | None
    """For an audio description: where each cue would be heard. Null if no plan can be made yet."""


class VersionOut(Out):
    """A version without its text."""

    version: int
    """Version number, from 1."""
    base_version: int | None
    """The version that this one is based on."""
    origin: Origin
    """The origin of the version."""
    author_id: UUID | None
    """Id of the author; null for a machine draft."""
    author: str | None
    """Name of the author; null for a machine draft."""
    note: str | None
    """The author's description of the change."""
    created_at: datetime
    """When it was saved."""
