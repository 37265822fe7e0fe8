"""What a quality rule says about a cue."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

Severity = Literal["blocking", "warning"]


class Fix(BaseModel):
    """What a cue may be changed to without anybody's judgement. Absent is unchanged; `text` is cue text."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    start_ms: int | None = None
    """When it begins."""
    end_ms: int | None = None
    """When it ends."""
    text: str | None = None
    """What it says."""


class Finding(BaseModel):
    """A rule that is broken. Approval is refused while one is blocking."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    rule: str
    """Which one."""
    severity: Severity
    """Whether it stands in the way of approval."""
    message: str
    """One sentence: what is measured, what the limit is."""
    cue_id: str | None = None
    """The cue that it is about."""
    cue_index: int | None = None
    """From 0, among the document's cues. None for a finding about the whole."""
    line: int | None = None
    """Where the cue began in the file that it was read from."""
    measured: float | None = None
    """What there is."""
    limit: float | None = None
    """What the rule allows."""
    term: str | None = None
    """The glossary's term that it is about."""
    wanted: str | None = None
    """What the translation should have for the term."""
    glossary_version_id: UUID | None = None
    """The version of the glossary that the text was held to."""
    fix: Fix | None = None
    """What would mend it, where that needs no judgement."""


class CueTerm(BaseModel):
    """A glossary's term that stands in a cue of the source, and what is wanted of its translation."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    cue_id: str | None
    """The cue of the translation."""
    cue_index: int
    """From 0, among the document's cues."""
    term: str
    """In the source language."""
    wanted: tuple[str, ...]
    """What the translation should have: any of these, in whichever form."""
    kept: bool
    """Whether it has."""
    do_not_translate: bool = False
    """Whether it stands in every language as it is."""
    notes: str | None = None
    """For translators."""
    stands_in: str | None = None
    """The language whose word it is, where the glossary has none in the text's own: pt for pt-BR."""


def blocking(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "blocking"]
