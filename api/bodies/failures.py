"""Failed jobs and steps."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict

from api.bodies.base import Out
from api.pagination import Page
from schema.contracts.steps import Failure
from schema.enums import Step


class FailureOut(Failure):
    """A step that failed."""

    failed_at: datetime
    """When this happened."""


class FailedJobOut(Out):
    """A job that has failed."""

    id: UUID
    """Id of the job."""
    title: str
    """Title."""
    org_id: UUID
    """Id of the organisation."""
    client_id: UUID
    """Id of the client."""
    project_id: UUID
    """Id of the project."""
    source_language: str
    """BCP 47 language code."""
    created_at: datetime
    """When it was created."""
    failed_at: datetime
    """When the most recent failure happened."""
    failures: list[FailureOut]
    """The matching failures, most recent first: one for a job without languages yet, otherwise one per language."""


class FailureCount(Out):
    """How often a step failed for a reason."""

    step: Step
    """The step."""
    code: str
    """Code of the reason, which the filter `reason` takes."""
    jobs: int
    """Number of jobs."""


class Failures(Page[FailedJobOut]):
    """Failed jobs, and the most frequent failures."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    counts: list[FailureCount]
    """Counts over all pages, most frequent first."""
