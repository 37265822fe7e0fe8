"""Contracts of the workflow that embeds a glossary version, and of its activity."""

from __future__ import annotations

from uuid import UUID

from schema.contracts.base import Contract, Message


class GlossaryInput(Contract):
    version_id: UUID
    revision: int
    """Incremented by each `reembed`. Results of an older revision are no longer written."""
    after: int = 0
    """Position of the last term that is done."""


class GlossaryAgain(Message):
    """Start at this revision. Sending it again changes nothing."""

    revision: int


class GlossaryResult(Contract):
    revision: int
    embedded: int
    failure: str | None = None
    """Why it ended before all was done; `reembed` starts over."""


class EmbedInput(Contract):
    """One page of terms."""

    version_id: UUID
    revision: int
    after: int


class EmbedResult(Contract):
    after: int
    """Position of the last term of the page."""
    embedded: int
    """Number of terms in the whole version."""
    terms: int
    finished: bool
    superseded: bool = False
    """There is a newer revision, or the version is gone, so there is nothing to do."""


class EmbedFailed(Contract):
    """Why a version cannot be embedded."""

    version_id: UUID
    revision: int
    reason: str
