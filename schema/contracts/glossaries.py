"""What the workflow that makes a glossary version findable by meaning is told, and what its activity answers."""

from __future__ import annotations

from uuid import UUID

from schema.contracts.base import Contract, Message


class GlossaryInput(Contract):
    version_id: UUID
    revision: int
    """Counts up with each `reembed`: what belongs to an older one is not written any more."""
    after: int = 0
    """The last term that is done, by its place."""


class GlossaryAgain(Message):
    """Begin at this revision. Sent again, it changes nothing."""

    revision: int


class GlossaryResult(Contract):
    revision: int
    embedded: int
    failure: str | None = None
    """Why it ended before all was done; `reembed` begins again."""


class EmbedInput(Contract):
    """One page of terms."""

    version_id: UUID
    revision: int
    after: int


class EmbedResult(Contract):
    after: int
    """The last term of the page, by its place."""
    embedded: int
    """Of the whole version."""
    terms: int
    finished: bool
    superseded: bool = False
    """There is a newer revision, or no such version any more: there is nothing to do."""


class EmbedFailed(Contract):
    """Why a version cannot be embedded."""

    version_id: UUID
    revision: int
    reason: str
