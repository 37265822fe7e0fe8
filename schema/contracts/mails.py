"""What the mail workflow is told. Ids alone: whom a mail goes to and what it says is read when it is sent."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract


class MailInput(Contract):
    mail_id: UUID


class MailOutcome(StrEnum):
    SENT = "sent"
    DROPPED = "dropped"
    """Nobody wants it any more: its recipient is gone or has turned it off, or what it tells of has passed."""
    REFUSED = "refused"
    """The mail server takes no mail for this address, and never will."""


class MailResult(Contract):
    outcome: MailOutcome
    reason: str = ""
