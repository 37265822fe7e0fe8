"""What has failed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict

from api.bodies.base import Out
from api.pagination import Page
from schema.contracts.steps import Failure
from schema.enums import Step


class FailureOut(Failure):
    """A step that stopped for good."""

    failed_at: datetime
    """When it did."""


class FailedJobOut(Out):
    """A job that has failed."""

    id: UUID
    """The job's."""
    title: str
    """What people call it."""
    org_id: UUID
    """The organisation's."""
    client_id: UUID
    """The client's."""
    project_id: UUID
    """The project's."""
    source_language: str
    """BCP 47 code."""
    created_at: datetime
    """When it was made."""
    failed_at: datetime
    """When the last of its failures happened."""
    failures: list[FailureOut]
    """Those that were asked for, the last first: one before there are languages, else one a language."""


class FailureCount(Out):
    """How often something has failed."""

    step: Step
    """Which one."""
    code: str
    """Why, for machines: what `reason` filters by."""
    jobs: int
    """In how many jobs."""


class Failures(Page[FailedJobOut]):
    """Failed jobs, and what fails most."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    counts: list[FailureCount]
    """Of all pages, the most frequent first."""
