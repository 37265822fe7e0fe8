"""What a quality rule says about a cue."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["blocking", "warning"]


class Fix(BaseModel):
    """What a cue may be changed to without anybody's judgement. Absent is unchanged; `text` is cue text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_ms: int | None = None
    end_ms: int | None = None
    text: str | None = None


class Finding(BaseModel):
    """A rule that is broken. Approval is refused while one is blocking."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    severity: Severity
    message: str
    """One sentence: what is measured, what the limit is."""
    cue_id: str | None = None
    cue_index: int | None = None
    """From 0, among the document's cues. None for a finding about the whole."""
    line: int | None = None
    """Where the cue began in the file that it was read from."""
    measured: float | None = None
    limit: float | None = None
    fix: Fix | None = None


def blocking(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "blocking"]
