"""Mail."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol


class MailRefused(Exception):
    """A mail server takes no such mail, and never will: the address is none of its. `message` is what it said."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Mailer(Protocol):
    """Hands a message on. Once more with the same Message-ID is no harm."""

    async def send(self, message: EmailMessage) -> None:
        """
        Raises:
            MailRefused: it will never be taken.
            Unavailable: not now.
        """
        ...
