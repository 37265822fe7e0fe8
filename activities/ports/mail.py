"""Mail."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol


class MailRefused(Exception):
    """The mail server permanently refuses this mail, such as for an unknown address. `message` is what it said."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Mailer(Protocol):
    """Hands a message on. Repeating it with the same Message-ID is harmless."""

    async def send(self, message: EmailMessage) -> None:
        """Raises:
        MailRefused: permanently.
        Unavailable: for now.
        """
        ...
