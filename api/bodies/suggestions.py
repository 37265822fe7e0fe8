"""Terms that people suggest, and the ledger of what approvals let stand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from api.bodies.base import PROSE, Body, Out
from api.bodies.glossaries import GlossaryVersionOut, TermOut
from schema.contracts.bounds import Language, lines, one_line, visible
from schema.enums import Kind, SuggestionState
from schema.glossary.row import FORM_CHARS, MOST_FORMS, NOTES_CHARS, PART_OF_SPEECH_CHARS, TERM_CHARS, TermRow
from schema.tables import FindingOverride

_MOST_LANGUAGES = 100
_MOST_DECIDED = 200

TermText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TERM_CHARS),
    AfterValidator(one_line),
    AfterValidator(visible),
]
TermNotes = Annotated[str, StringConstraints(max_length=NOTES_CHARS), AfterValidator(lines)]
PartOfSpeech = Annotated[str, StringConstraints(max_length=PART_OF_SPEECH_CHARS), AfterValidator(one_line)]
Form = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=FORM_CHARS),
    AfterValidator(one_line),
]


class SuggestionBody(Body):
    """A term as somebody would have it: a new one, or another translation of one that there is."""

    max_bytes = PROSE

    source: TermText
    """In the glossary's source language."""
    targets: Annotated[dict[Language, TermText], Field(max_length=_MOST_LANGUAGES)] = {}
    """Translations by BCP 47 code."""
    notes: TermNotes | None = None
    """For translators."""
    case_sensitive: bool = False
    """Whether it is this term only where it is written so."""
    do_not_translate: bool = False
    """Whether it stands in every language as it is."""
    forbidden: bool = False
    """Whether the translation, or without one the source, must not be used."""
    part_of_speech: PartOfSpeech | None = None
    """Such as noun."""
    forms: Annotated[
        dict[Language, Annotated[list[Form], Field(max_length=MOST_FORMS)]], Field(max_length=_MOST_LANGUAGES)
    ] = {}
    """What counts as the translation too, by BCP 47 code."""
    why: TermNotes | None = None
    """For whoever decides."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.do_not_translate and (self.forbidden or self.targets):
            raise ValueError("a term that is not to be translated is not forbidden, and has no translation")
        if not (self.targets or self.do_not_translate or self.forbidden):
            raise ValueError("give a translation, or do_not_translate or forbidden")
        return self

    def row(self) -> TermRow:
        return TermRow(
            self.source, dict(self.targets), self.notes, self.case_sensitive, self.do_not_translate, self.forbidden,
            self.part_of_speech, {code: tuple(forms) for code, forms in self.forms.items()},
        )  # fmt: skip


class DecideBody(Body):
    """Suggestions that are taken, all in one new version, and those that are not."""

    accept: Annotated[list[UUID], Field(max_length=_MOST_DECIDED)] = []
    """They come into the next version."""
    reject: Annotated[list[UUID], Field(max_length=_MOST_DECIDED)] = []
    """They come into none."""

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not self.accept and not self.reject:
            raise ValueError("name the suggestions to accept or to reject")
        if set(self.accept) & set(self.reject):
            raise ValueError("a suggestion is either accepted or rejected")
        return self


class SuggestionOut(Out):
    """A suggested term, and what became of it."""

    id: UUID
    """The suggestion's."""
    term: TermOut
    """As it would be."""
    why: str | None
    """Said by whoever suggests it."""
    state: SuggestionState
    """What became of it."""
    author_id: UUID | None
    """Who suggests it; null for clients, but of their own."""
    author: str | None
    """Their name; null for clients, but of their own."""
    created_at: datetime
    """When it was suggested."""
    decided_at: datetime | None
    """When it was accepted or rejected."""
    version_id: UUID | None
    """The version that it came into."""


class Decisions(Out):
    """What became of suggestions."""

    accepted: list[UUID]
    """They are in the version."""
    rejected: list[UUID]
    """They are in none."""
    version: GlossaryVersionOut | None
    """The one version that all accepted ones made; it counts once it is activated. Null where none was accepted."""


class OverrideOut(Out):
    """A blocking finding that an approval let stand, and why."""

    id: UUID
    """Of the entry."""
    job_id: UUID
    """The job's."""
    language: str
    """BCP 47 code of the text."""
    kind: Kind
    """Which text."""
    text_version: int
    """Its version that was approved."""
    cue_id: str | None
    """The cue that it is about."""
    rule: str
    """What was broken."""
    message: str
    """What it said."""
    term: str | None
    """The glossary's term, where it is about one."""
    wanted: str | None
    """What the translation should have had."""
    glossary_id: UUID | None
    """The glossary that has the term."""
    glossary_version_id: UUID | None
    """The version that was held to."""
    reason: str
    """Given with the approval."""
    actor_id: UUID | None
    """Who approved."""
    actor: str | None
    """Their name."""
    at: datetime
    """When."""

    @classmethod
    def of(cls, row: FindingOverride, actor: str | None) -> Self:
        return cls(**row.model_dump(exclude={"created_at"}), actor=actor, at=row.created_at)
