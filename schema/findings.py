"""What a quality rule says about a cue."""

from __future__ import annotations

from typing import Literal

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
    fix: Fix | None = None
    """What would mend it, where that needs no judgement."""


def blocking(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "blocking"]
