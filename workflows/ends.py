"""How a cancelled job ends."""

from __future__ import annotations

import asyncio
import contextlib

from temporalio import workflow

from schema.contracts.records import CancelInput
from schema.contracts.steps import JobRef
from workflows import steps
from workflows.work import unhurried

_ANSWER_AWAITED = "cancel-awaits-its-answer"
"""An answer that arrives while the run ends fails its task, which is then played again."""


async def end_as_cancelled(job: JobRef) -> None:
    """Ends the run as cancelled, also where a decision has cancelled the job and not Temporal: a workflow cannot cancel
    itself, so an activity asks for it.

    Raises:
        CancelledError: always; with it the run ends.
    """
    with contextlib.suppress(asyncio.CancelledError):
        if workflow.cancellation_reason() is None:
            asked = steps.REQUEST_CANCEL(CancelInput(job=job))
            await (unhurried(asked) if workflow.patched(_ANSWER_AWAITED) else asked)
        await workflow.wait_condition(lambda: workflow.cancellation_reason() is not None)
    raise asyncio.CancelledError
