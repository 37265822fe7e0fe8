"""Contracts of the mail workflow: ids only. The recipient and the text are read when the mail is sent."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from schema.contracts.base import Contract


class MailInput(Contract):
    mail_id: UUID


class MailOutcome(StrEnum):
    SENT = "sent"
    DROPPED = "dropped"
    """Nobody wants it any more: the recipient is gone or has turned it off, or it is outdated."""
    REFUSED = "refused"
    """The mail server permanently refuses this address."""


class MailResult(Contract):
    outcome: MailOutcome
    reason: str = ""
