"""Starts mail workflows after the transaction that caused them has committed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from schema.enums import MailKind
from schema.tables import Mail

StartMail = Callable[[Client, UUID, MailKind], Awaitable[bool]]
"""Starts the workflow of a mail if there was none. Returns whether it did."""
logger = logging.getLogger(__name__)


async def start_all(start: StartMail, client: Client, mails: Iterable[Mail]) -> None:
    """Starts them all. If Temporal is unavailable, the sweep does it later; nobody waits for a mail."""
    for mail in mails:
        try:
            await start(client, mail.id, mail.kind)
        except RPCError as error:
            logger.warning("mail %s waits for the sweep: %s", mail.id, error)
