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
"""Patch: wait for the answer. One that arrives while the run ends would fail its workflow task, which is then
retried."""


async def end_as_cancelled(job: JobRef) -> None:
    """Ends the run as cancelled, even if a decision rather than Temporal cancelled the job. A workflow cannot cancel
    itself, so an activity requests the cancellation.

    Raises:
        CancelledError: always; it ends the run.
    """
    with contextlib.suppress(asyncio.CancelledError):
        if workflow.cancellation_reason() is None:
            asked = steps.REQUEST_CANCEL(CancelInput(job=job))
            await (unhurried(asked) if workflow.patched(_ANSWER_AWAITED) else asked)
        await workflow.wait_condition(lambda: workflow.cancellation_reason() is not None)
    raise asyncio.CancelledError
