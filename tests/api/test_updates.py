"""Each way in which Temporal says no, in our words."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from schema.codes import Code
from schema.errors import Conflict, Unavailable
from workflows.updates import Refusal, answered


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (RPCStatusCode.UNAVAILABLE, Unavailable),
        (RPCStatusCode.DEADLINE_EXCEEDED, Unavailable),
        (RPCStatusCode.INTERNAL, Conflict),
        (RPCStatusCode.NOT_FOUND, Conflict),
        (RPCStatusCode.PERMISSION_DENIED, RPCError),
    ],
)
async def test_what_the_service_says_is_told_as_what_it_is(
    status: RPCStatusCode, told: type[Exception]
) -> None:
    """A wrong key of the deployment is for its log: nobody could decide anew and succeed."""

    async def send() -> None:
        raise RPCError("no", status, b"")

    async def refusal() -> Refusal:
        return lambda message, **more: Conflict(message, **more)

    with pytest.raises(told):
        await answered(send, refusal, 1.0)


async def test_a_workflow_that_closed_just_now_is_asked_again() -> None:
    sent: list[int] = []

    async def send() -> int:
        sent.append(1)
        if len(sent) == 1:
            raise RPCError("closed", RPCStatusCode.NOT_FOUND, b"")
        return 7

    async def refusal() -> Any:
        raise AssertionError("nothing was refused")

    assert await answered(send, refusal, 1.0) == 7


async def test_what_a_row_refuses_is_told_in_its_words() -> None:
    """It was deleted, or its texts were, between the look and the decision."""
    refused = ApplicationError("It was deleted just now.", type=Code.STATE, non_retryable=True)

    async def send() -> None:
        error = ActivityError(
            "no", scheduled_event_id=1, started_event_id=2, identity="", activity_type="project_job",
            activity_id="1", retry_state=None,
        )  # fmt: skip
        error.__cause__ = refused
        raise WorkflowUpdateFailedError(error)

    async def refusal() -> Refusal:
        return lambda message, **more: Conflict(message, **more)

    with pytest.raises(Conflict, match="deleted just now"):
        await answered(send, refusal, 1.0)
