"""Mails are started once what caused them has committed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from schema.enums import MailKind
from schema.tables import Mail

StartMail = Callable[[Client, UUID, MailKind], Awaitable[bool]]
"""Starts the workflow of a mail where there was none, and says whether it did."""
logger = logging.getLogger(__name__)


async def start_all(start: StartMail, client: Client, mails: Iterable[Mail]) -> None:
    """Where Temporal is away the sweep does it later: nobody waits for a mail."""
    for mail in mails:
        try:
            await start(client, mail.id, mail.kind)
        except RPCError as error:
            logger.warning("mail %s waits for the sweep: %s", mail.id, error)
