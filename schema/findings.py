"""Findings: what a quality rule reports about a cue."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Severity = Literal["blocking", "warning"]


class Fix(BaseModel):
    """A change to a cue that needs no human judgement. Absent fields stay unchanged; `text` is cue text."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    start_ms: int | None = None
    """New start."""
    end_ms: int | None = None
    """New end."""
    text: str | None = None
    """New text."""


class Finding(BaseModel):
    """A broken rule. A blocking finding prevents approval."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rule: str
    """The rule."""
    severity: Severity
    """Whether it prevents approval."""
    message: str
    """One sentence: the measured value and the limit."""
    cue_id: str | None = None
    """The cue that the finding is about."""
    cue_index: int | None = None
    """Index among the document's cues, from 0. None for a finding about the whole document."""
    line: int | None = None
    """Line at which the cue began in the file that it was read from."""
    measured: float | None = None
    """The measured value."""
    limit: float | None = None
    """The limit."""
    term: str | None = None
    """The glossary term that the finding is about."""
    wanted: str | None = None
    """The expected translation of the term."""
    glossary_version_id: UUID | None = None
    """The glossary version that applied."""
    fix: Fix | None = None
    """A fix that needs no human judgement, if there is one."""


class CueTerm(BaseModel):
    """A glossary term in a cue of the source, and the expected translation."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    cue_id: str | None
    """The cue of the translation."""
    cue_index: int
    """Index among the document's cues, from 0."""
    term: str
    """The term in the source language."""
    wanted: tuple[str, ...]
    """The accepted translations, in any form."""
    kept: bool
    """Whether the translation has one of them."""
    do_not_translate: bool = False
    """Whether the term stays untranslated in every language."""
    notes: str | None = None
    """Notes for translators."""
    stands_in: str | None = None
    """The language of the translation, if the glossary has none for the text's own: pt for pt-BR."""


def blocking(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "blocking"]
