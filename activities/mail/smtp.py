"""Sends mail by SMTP, and classifies the server's answers: retry, or permanent failure (RFC 5321, 4.2.1)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from activities.ports import MailRefused
from schema.errors import Unavailable

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """`context` verifies the server's certificate. If absent: with the system's authorities."""

    host: str | None
    port: int
    security: Security = "starttls"
    user: str | None = None
    password: str | None = None
    timeout_s: float = 30
    context: ssl.SSLContext | None = None

    async def send(self, message: EmailMessage) -> None:
        """
        Raises:
            MailRefused: the server takes no such mail, and never will.
            Unavailable: it does not answer, or not now.
        """
        if self.host is None:
            raise Unavailable("No mail server is set: SMTP_HOST names one. The mail waits.")
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                use_tls=self.security == "tls",
                start_tls=self.security == "starttls",
                username=self.user,
                password=self.password,
                timeout=self.timeout_s,
                tls_context=self.context,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _classified(refused.recipients[0]) from refused
        except aiosmtplib.SMTPDataError as refused:
            raise _classified(refused) from refused
        except aiosmtplib.SMTPAuthenticationError as refused:
            raise Unavailable("The mail server refuses SMTP_USER and SMTP_PASSWORD.") from refused
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError) as error:
            raise Unavailable(
                f"The mail server {self.host}:{self.port} does not answer as it should."
            ) from error


def _classified(answer: aiosmtplib.SMTPResponseException) -> Exception:
    said = " ".join(answer.message.split())[:300]
    if 500 <= answer.code < 600:
        return MailRefused(f"The mail server refuses this mail: {answer.code} {said}")
    return Unavailable(f"The mail server takes no mail now: {answer.code} {said}")
