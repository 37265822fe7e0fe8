"""Suggested terms, and the ledger of findings that approvals overrode."""

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
    """A suggested term: a new one, or another translation of an existing one."""

    max_bytes = PROSE

    source: TermText
    """The term in the glossary's source language."""
    targets: Annotated[dict[Language, TermText], Field(max_length=_MOST_LANGUAGES)] = {}
    """Translations by BCP 47 code."""
    notes: TermNotes | None = None
    """Notes for translators."""
    case_sensitive: bool = False
    """Whether the term is case-sensitive."""
    do_not_translate: bool = False
    """Whether the term stays untranslated in every language."""
    forbidden: bool = False
    """Whether the term is forbidden: its translation, or the source term if it has none, must not be used."""
    part_of_speech: PartOfSpeech | None = None
    """Part of speech, such as noun."""
    forms: Annotated[
        dict[Language, Annotated[list[Form], Field(max_length=MOST_FORMS)]], Field(max_length=_MOST_LANGUAGES)
    ] = {}
    """Other accepted forms of the translation, by BCP 47 code."""
    why: TermNotes | None = None
    """The reason, for the person who decides."""

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
    """The suggestions to accept, all into one new version, and those to reject."""

    accept: Annotated[list[UUID], Field(max_length=_MOST_DECIDED)] = []
    """Ids of the suggestions to accept into the next version."""
    reject: Annotated[list[UUID], Field(max_length=_MOST_DECIDED)] = []
    """Ids of the suggestions to reject."""

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not self.accept and not self.reject:
            raise ValueError("name the suggestions to accept or to reject")
        if set(self.accept) & set(self.reject):
            raise ValueError("a suggestion is either accepted or rejected")
        return self


class SuggestionOut(Out):
    """A suggested term and its outcome."""

    id: UUID
    """Id of the suggestion."""
    term: TermOut
    """The suggested term."""
    why: str | None
    """The author's reason; null for clients, except of their own suggestions."""
    state: SuggestionState
    """Current state."""
    author_id: UUID | None
    """Id of the author. Clients see only their own."""
    author: str | None
    """Name of the author. Clients see only their own."""
    created_at: datetime
    """When it was suggested."""
    decided_at: datetime | None
    """When it was accepted or rejected."""
    version_id: UUID | None
    """Id of the version that it was accepted into."""


class Decisions(Out):
    """The outcome of suggestions."""

    accepted: list[UUID]
    """The accepted suggestions."""
    rejected: list[UUID]
    """The rejected suggestions."""
    version: GlossaryVersionOut | None
    """The new version with all accepted suggestions. It takes effect once activated. Null if none was accepted."""


class OverrideOut(Out):
    """A blocking finding that an approval overrode, and why."""

    id: UUID
    """Id of the entry."""
    job_id: UUID
    """Id of the job."""
    language: str
    """BCP 47 code of the text."""
    kind: Kind
    """Which text: captions or audio description."""
    text_version: int
    """The approved version of the text."""
    cue_id: str | None
    """The cue that this is about."""
    rule: str
    """The quality rule."""
    message: str
    """Message of the finding."""
    term: str | None
    """The glossary term, if the finding is about one."""
    wanted: str | None
    """The expected translation."""
    glossary_id: UUID | None
    """The glossary that has the term."""
    glossary_version_id: UUID | None
    """Id of the glossary version that applied."""
    reason: str
    """The reason given with the approval."""
    actor_id: UUID | None
    """Id of the approver."""
    actor: str | None
    """Name of that user."""
    at: datetime
    """When this happened."""

    @classmethod
    def of(cls, row: FindingOverride, actor: str | None) -> Self:
        return cls(**row.model_dump(exclude={"created_at"}), actor=actor, at=row.created_at)
