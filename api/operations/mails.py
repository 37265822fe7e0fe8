"""Mails are written to the outbox in the transaction of what causes them; their workflows start once it has committed."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from schema.contracts.mails import MailInput
from schema.tables import Mail
from workflows import names

logger = logging.getLogger(__name__)


async def start(temporal: Client, mails: Iterable[Mail]) -> None:
    """Starts what sends them. Where Temporal is away the sweep does it later: nobody waits for a mail."""
    for mail in mails:
        try:
            await temporal.start_workflow(
                names.MAIL_WORKFLOW,
                MailInput(mail_id=mail.id),
                id=names.mail_workflow_id(mail.id),
                task_queue=names.Queue.JOBS,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"Mail: {mail.kind.value.replace('_', ' ')}",
            )
        except WorkflowAlreadyStartedError:
            continue
        except (RPCError, RuntimeError) as error:
            logger.warning("mail %s waits for the sweep: %s", mail.id, error)
