"""Gathers findings: severities from the profile, places from the cue."""

from __future__ import annotations

from schema.findings import Finding, Fix
from schema.vtt.cues import Cue, Document
from schema.vtt.profiles import Profile, Rule


class Report:
    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.findings: list[Finding] = []

    def add(
        self,
        rule: Rule,
        message: str,
        index: int | None = None,
        cue: Cue | None = None,
        *,
        measured: float | None = None,
        limit: float | None = None,
        fix: Fix | None = None,
        term: str | None = None,
        wanted: str | None = None,
    ) -> None:
        self.findings.append(
            Finding(
                rule=rule,
                severity=self.profile.severity(rule),
                message=message,
                cue_id=(cue.id or None) if cue else None,
                cue_index=index,
                line=cue.line if cue else None,
                measured=measured,
                limit=limit,
                fix=fix,
                term=term,
                wanted=wanted,
            )
        )

    def in_order(self) -> list[Finding]:
        """By cue; those about the whole document last."""
        return sorted(self.findings, key=lambda f: (f.cue_index is None, f.cue_index or 0))


def check_form(report: Report, document: Document) -> None:
    """What any track must be: cues that last, say something, and have ids of their own."""
    seen: dict[str, int] = {}
    for index, cue in enumerate(document.cues):
        if cue.end_ms <= cue.start_ms:
            report.add(
                "cue_times", "The cue ends before it begins.", index, cue, measured=cue.duration_ms, limit=1
            )
        if not cue.plain.strip():
            report.add("empty_text", "The cue says nothing.", index, cue)
        if cue.id and seen.setdefault(cue.id, index) != index:
            report.add("duplicate_id", f"Cue {seen[cue.id] + 1} has the same id.", index, cue)
