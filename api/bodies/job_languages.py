"""The languages of a job as people see them, with what is made of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from api.bodies.base import Out
from schema.contracts.steps import Failure, Versions
from schema.enums import (
    AssetKind,
    LanguageAction,
    LanguageStage,
    QCState,
    Step,
)
from schema.tables import JobLanguage


class LostOut(Out):
    """What of a text a format cannot hold."""

    cue: int | None
    """Counts from 1; null for a note, style or region, and for the header."""
    cue_id: str
    """Empty where the cue has none."""
    line: int | None = None
    """Where it begins in the WebVTT that the file was made from."""
    message: str
    """What became of it."""


class Details(Out):
    """What is known of an object beside its size; what its step has not said is null."""

    model_config = ConfigDict(extra="allow")

    duration_ms: int | None = None
    """How long it plays."""
    version: int | None = None
    """Of the text that it was written from."""
    draft: bool | None = None
    """Whether a voice that is good enough for drafts alone speaks in it."""
    plan: str | None = None
    """The object that holds the plan that it was rendered by."""
    lost: list[LostOut] | None = None
    """Of a text in another format than WebVTT: the first hundred things that it cannot hold."""
    not_published: dict[str, str] | None = None
    """Of captions: why other formats of them were not made, by kind."""


class Progress(Out):
    """How far a step is."""

    step: Step
    """Which one."""
    fraction: float
    """From 0 to 1."""
    words: str
    """What it does just now, for a person."""


class OutputOut(Out):
    """An object that was made; `GET downloads` signs its URL."""

    kind: AssetKind
    """What it is."""
    content_type: str
    """Its media type."""
    size_bytes: int
    """How large it is."""
    updated_at: datetime
    """When it was made."""
    details: Details
    """What is known of it beside."""


class LanguageOut(Out):
    """A language of a job."""

    language: str
    """BCP 47 code."""
    is_source: bool
    """Whether it is the video's own."""
    stage: LanguageStage
    """Where it is after source QC."""
    qc_state: QCState | None
    """None of the source language, which follows source QC."""
    allowed_actions: list[LanguageAction]
    """What the caller may do about it now."""
    revision: int
    """Counts every time that work on it began again."""
    linguist_id: UUID | None
    """Who works on it."""
    reviewer_id: UUID | None
    """Who reviews it."""
    due_at: datetime | None
    """When the linguist is to be done."""
    review_due_at: datetime | None
    """When the reviewer is to be done."""
    locked: bool
    """Whether its texts are closed, for they are approved or just being so."""
    reason: str | None
    """Why it was rejected or returned, in a person's words."""
    failure: Failure | None
    """Why a step stopped for good."""
    progress: Progress | None
    """How far its step is."""
    versions: Versions
    """The current ones."""
    outputs: list[OutputOut]
    """What was made of it."""

    @classmethod
    def of(
        cls,
        row: JobLanguage,
        versions: Mapping[str, int],
        outputs: Iterable[Mapping[str, Any]],
        allowed: list[LanguageAction],
    ) -> LanguageOut:
        return cls(
            language=row.language,
            is_source=row.is_source,
            stage=row.stage,
            qc_state=None if row.is_source else row.qc_state,
            allowed_actions=allowed,
            revision=row.revision,
            linguist_id=row.linguist_id,
            reviewer_id=row.reviewer_id,
            due_at=row.due_at,
            review_due_at=row.review_due_at,
            locked=row.locked,
            reason=row.reason,
            failure=row.failure,
            progress=row.progress,
            versions=Versions.model_validate(versions),
            outputs=[OutputOut.model_validate(output) for output in outputs],
        )
