"""Whose turn it is at a gate, what they do, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from api.bodies.job_languages import LanguageOut
from api.bodies.jobs import JobOut
from schema.contracts.steps import Versions
from schema.enums import JobStatus, Kind, LanguageStage, QCState, Role

LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Turn:
    """One request by one person. `path` is under the API's prefix."""

    who: Role
    does: str
    why: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Identifies the turn: the same key while it is the same turn about the same thing."""
        return self.method, self.path, repr(self.body)


@dataclass(frozen=True, slots=True)
class Cast:
    """The people whom the project manager assigns."""

    linguist_id: UUID
    reviewer_id: UUID


@dataclass(frozen=True, slots=True)
class Script:
    """A text by a human author, to be saved over a draft."""

    kind: Kind
    content: str
    what: str


def turns(job: JobOut, cast: Cast, scripts: Sequence[Script] = ()) -> list[Turn]:
    """The turns that are due now, at most one per language. `scripts` are yet to be saved."""
    root = f"/jobs/{job.id}"
    if job.status is JobStatus.PENDING_QC:
        language = job.languages[job.source_language]
        if scripts:
            return [_save(root, language, scripts[0])]
        return [_approve_source(root, language)]
    if job.status is JobStatus.PENDING_FINAL_REVIEW:
        return [
            Turn(
                Role.PROJECT_MANAGER,
                "completes the job",
                "final review is the project manager's, and every requested output exists",
                "POST",
                f"{root}/actions/complete",
            )
        ]
    found = (_of_language(job, each, cast) for each in job.languages.values() if not each.is_source)
    return [turn for turn in found if turn]


class Outlook(StrEnum):
    """Whether a job will continue by itself, or needs a turn."""

    GOING = "going"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    STUCK = "stuck"
    """A step failed, and there is nothing else to do."""


_MOVING = frozenset(LanguageStage) - {LanguageStage.FAILED, LanguageStage.READY, LanguageStage.REMOVED}


def outlook(job: JobOut) -> Outlook:
    """The outlook of a job. A failed language does not hold back others: the job is stuck when the others have nothing
    left to do."""
    if job.status is JobStatus.COMPLETED:
        return Outlook.COMPLETED
    if job.status is JobStatus.CANCELLED:
        return Outlook.CANCELLED
    if job.status is not JobStatus.FAILED:
        return Outlook.GOING
    of_language = job.failure is not None and job.failure.language is not None
    moving = any(language.stage in _MOVING for language in job.languages.values())
    return Outlook.GOING if of_language and moving else Outlook.STUCK


def override(turn: Turn, findings: Iterable[str]) -> Turn:
    """The refused approval again, with a reason that names what it accepts."""
    named = "; ".join(findings) or "blocking findings"
    reason = f"Accepted as a machine's draft, for this demo only: {named}"
    if len(reason) > LONGEST_REASON:
        reason = f"{reason[: LONGEST_REASON - 1]}…"
    return replace(turn, body={**(turn.body or {}), "override_reason": reason})


def _save(root: str, language: LanguageOut, script: Script) -> Turn:
    base = language.versions.of(script.kind) or 0
    return Turn(
        Role.REVIEWER,
        f"saves {script.what} over the draft (version {base})",
        "a draft is for a person to write over, and the source text is open to reviewers in source QC",
        "PATCH",
        f"{root}/vtt",
        {"content": script.content, "base_version": base, "note": "Written by a person."},
        {"lang": language.language, "kind": script.kind.value},
    )


def _approve_source(root: str, language: LanguageOut) -> Turn:
    return Turn(
        Role.REVIEWER,
        f"approves the source text ({_told(language.versions)})",
        "reviewers decide source QC, and about the versions that they looked at",
        "POST",
        f"{root}/actions/approve_source",
        {"versions": language.versions.model_dump()},
    )


def _of_language(job: JobOut, language: LanguageOut, cast: Cast) -> Turn | None:
    if language.stage not in (LanguageStage.TRANSLATING, LanguageStage.LANGUAGE_QC):
        return None
    code, state = language.language, language.qc_state
    root = f"/language-qc/jobs/{job.id}/languages/{code}"
    if state in (QCState.PENDING, QCState.UNASSIGNED, QCState.ASSIGNED):
        if language.linguist_id is None:
            why = "assigning is the project manager's; it may be done while the language is translated"
            who = {"user_id": str(cast.linguist_id)}
            return Turn(
                Role.PROJECT_MANAGER, f"assigns {code} to the linguist", why, "POST", f"{root}/assign", who
            )
        if language.reviewer_id is None:
            why = "nobody reviews their own translation, so that it is somebody else"
            who = {"user_id": str(cast.reviewer_id)}
            return Turn(
                Role.PROJECT_MANAGER,
                f"assigns {code} to the reviewer",
                why,
                "POST",
                f"{root}/assign-reviewer",
                who,
            )
    return _of_state(root, code, state, language.versions)


def _of_state(root: str, code: str, state: QCState | None, versions: Versions) -> Turn | None:
    match state:
        case QCState.ASSIGNED:
            return Turn(
                Role.LINGUIST,
                f"starts work on {code}",
                "the language is theirs",
                "POST",
                f"{root}/start-work",
            )
        case QCState.IN_PROGRESS:
            return Turn(
                Role.LINGUIST,
                f"submits {code}",
                "the assigned linguist says when it is done",
                "POST",
                f"{root}/submit",
            )
        case QCState.SUBMITTED:
            return Turn(
                Role.REVIEWER,
                f"opens {code} for review",
                "they are its reviewer",
                "POST",
                f"{root}/open-review",
            )
        case QCState.IN_REVIEW:
            return Turn(
                Role.REVIEWER,
                f"approves {code} ({_told(versions)})",
                "only its reviewer may, and not who translated it",
                "POST",
                f"{root}/approve",
                {"versions": versions.model_dump()},
            )
        case QCState.REJECTED:
            return Turn(
                Role.LINGUIST,
                f"reopens {code}",
                "a rejected language goes back to its linguist",
                "POST",
                f"{root}/reopen",
            )
        case _:
            return None


def _told(versions: Versions) -> str:
    parts = [
        f"{kind.value.replace('_', ' ')} version {number}"
        for kind in Kind
        if (number := versions.of(kind)) is not None
    ]
    return ", ".join(parts)
