"""Each way in which Temporal says no, in our words."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

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
