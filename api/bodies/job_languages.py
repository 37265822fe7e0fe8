"""The languages of a job, with their outputs."""

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
    """A feature of a text that another format cannot hold."""

    cue: int | None
    """Number of the cue, from 1; null for a note, style or region, and for the header."""
    cue_id: str
    """Id of the cue; empty if it has none."""
    line: int | None = None
    """Line number in the WebVTT that the file was made from."""
    message: str
    """What happened to it."""


class Details(Out):
    """Details of an object. Those that its step did not report are null."""

    model_config = ConfigDict(extra="allow")

    duration_ms: int | None = None
    """Duration."""
    version: int | None = None
    """Version of the text that it was made from."""
    draft: bool | None = None
    """Whether it contains a voice of draft quality."""
    plan: str | None = None
    """Name of the object with the plan that it was rendered from."""
    lost: list[LostOut] | None = None
    """For a format other than WebVTT: the first hundred features of the text that were lost."""
    not_published: dict[str, str] | None = None
    """For captions: why other formats were not made, by kind."""


class Progress(Out):
    """Progress of a step."""

    step: Step
    """The step."""
    fraction: float
    """Progress from 0 to 1."""
    words: str
    """What the step is doing, in words."""


class OutputOut(Out):
    """An output; `GET downloads` signs its URL."""

    kind: AssetKind
    """The kind of object."""
    content_type: str
    """Media type."""
    size_bytes: int
    """Size in bytes."""
    updated_at: datetime
    """When it was created."""
    details: Details
    """More about the object."""


class LanguageOut(Out):
    """A language of a job."""

    language: str
    """BCP 47 language code."""
    is_source: bool
    """Whether this is the language of the video."""
    stage: LanguageStage
    """The stage of the language after source QC."""
    qc_state: QCState | None
    """The state of language QC. Null for the source language, which has source QC instead."""
    allowed_actions: list[LanguageAction]
    """The actions that the caller can take now."""
    revision: int
    """Incremented each time that work on the language starts again."""
    linguist_id: UUID | None
    """The linguist."""
    reviewer_id: UUID | None
    """The reviewer."""
    due_at: datetime | None
    """Due date of the linguist."""
    review_due_at: datetime | None
    """Due date of the reviewer."""
    locked: bool
    """Whether the texts are locked, because they are approved or an approval is in progress."""
    reason: str | None
    """Why it was rejected or returned, as a person wrote it."""
    failure: Failure | None
    """Why a step failed."""
    progress: Progress | None
    """Progress of the current step."""
    versions: Versions
    """The current version numbers."""
    outputs: list[OutputOut]
    """The outputs of the language."""

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
