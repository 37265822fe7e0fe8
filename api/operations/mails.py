"""Mails are written to the outbox in the transaction that causes them. Their workflows start after the commit."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from temporalio.client import Client
from temporalio.service import RPCError

from schema.tables import Mail
from workflows.start import start_mail

logger = logging.getLogger(__name__)


async def start(temporal: Client, mails: Iterable[Mail]) -> None:
    """Starts the workflows that send the mails. If Temporal is unavailable, the sweep does it later; nobody waits for a
    mail."""
    for mail in mails:
        try:
            await start_mail(temporal, mail.id, mail.kind)
        except (RPCError, RuntimeError) as error:
            logger.warning("mail %s waits for the sweep: %s", mail.id, error)
