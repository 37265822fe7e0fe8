"""Updates of workflows: sent with a timeout, safe to send again, with each of Temporal's errors mapped to one of
ours."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeGuard, TypeVar

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from schema.codes import Code
from schema.contracts.job import Decided, JobDecision, JobState
from schema.contracts.language import LanguageDecision
from schema.contracts.steps import JobRef
from schema.errors import Conflict, Invalid, Unavailable
from workflows import names
from workflows.start import start_again

T = TypeVar("T")
Refusal = Callable[..., Conflict]
"""Makes the 409 from the message and its details, with the current state."""
Again = Callable[[], Awaitable[WithStartWorkflowOperation[Any, Any]]]
"""Starts a closed workflow again; raises if that is not allowed."""

_SAFE = "The decision may or may not have been taken yet: sending the same request again is safe."
_NO_SERVICE = f"The workflow service does not answer now. {_SAFE}"
_PASSING = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.ABORTED,
)
_OURS = (
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNIMPLEMENTED,
    RPCStatusCode.INVALID_ARGUMENT,
)
"""Errors of this deployment, not of a person's decision. They belong in the log."""


async def open_run(client: Client, workflow_id: str) -> str | None:
    """The run that was looked at. After a reset, a decision about it has no effect."""
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return described.run_id if described.status is WorkflowExecutionStatus.RUNNING else None


async def update(
    client: Client,
    workflow_id: str,
    decision: JobDecision | LanguageDecision,
    answer: type[T],
    update_id: str | None = None,
) -> T:
    """Sends a decision to an open workflow under its own id, or under the one that `earlier` returned. Sent twice, it
    is taken once."""
    handle = client.get_workflow_handle(workflow_id)
    update_id = update_id or decision.id
    decided: T = await handle.execute_update(names.DECIDE, decision, id=update_id, result_type=answer)
    return decided


async def decide(
    client: Client,
    workflow_id: str,
    decision: JobDecision | LanguageDecision,
    answer: type[T],
    again: Again,
    *,
    repeated: bool,
    run_id: str | None = None,
) -> T:
    """Sends a decision to the open workflow, or with the start of a new run. A decision that may have been sent before
    (`repeated`) gets its earlier answer. `decision` has an id. `run_id` is the run that the row names. Usually it is
    the open one, which saves asking Temporal."""
    assert decision.id is not None
    update_id = decision.id
    if repeated:
        known, update_id = await earlier(client, workflow_id, decision.id, answer)
        if known is not None:
            return known
    if run_id is not None:
        now = decision.model_copy(update={"run_id": run_id})
        try:
            return await update(client, workflow_id, now, answer, update_id)
        except (RPCError, WorkflowUpdateFailedError) as error:
            if not _is_of_another_run(error):
                raise
    run_id = await open_run(client, workflow_id)
    if run_id is None:
        start = await again()
        decided: T = await client.execute_update_with_start_workflow(
            names.DECIDE, decision, start_workflow_operation=start, id=update_id, result_type=answer
        )
        return decided
    now = decision.model_copy(update={"run_id": run_id})
    return await update(client, workflow_id, now, answer, update_id)


async def decide_job(
    client: Client,
    job: JobRef,
    decision: JobDecision,
    current: Callable[[], Awaitable[tuple[JobState, str]]],
    limit_s: float,
    *,
    repeated: bool,
    run_id: str | None = None,
) -> Decided:
    """Decides as the API does, for callers without a request. `current` is what the rows say now: the state and the
    title. `run_id` as of `decide`.

    Raises:
        Conflict: the state does not allow it.
        Invalid: the decision says too little.
        Unavailable: no answer in time; the same decision may be sent again.
    """

    async def again() -> WithStartWorkflowOperation[Any, Any]:
        state, title = await current()
        return start_again(client, job, state, title)

    async def refusal() -> Refusal:
        return Conflict

    workflow_id = names.job_workflow_id(job.job_id)
    send = partial(decide, client, workflow_id, decision, Decided, again, repeated=repeated, run_id=run_id)
    return await answered(send, refusal, limit_s)


def _is_of_another_run(error: RPCError | WorkflowUpdateFailedError) -> bool:
    """Whether the open run is not the one that was looked at. Nothing was decided."""
    if isinstance(error, RPCError):
        return error.status is RPCStatusCode.NOT_FOUND
    cause = error.cause
    return isinstance(cause, ApplicationError) and beside(cause).get("code") is Code.RUN


async def earlier(
    client: Client, workflow_id: str, decision_id: str, answer: type[T]
) -> tuple[T | None, str]:
    """The answer to a decision that was sent before, even if the workflow has closed since; None if it never arrived or
    could not be taken. With it comes the id under which to send the update now: Temporal keeps the answer to each
    update id, so a decision that met an outage is sent under another id. Workflows identify decisions by the decision's
    own id."""
    for again in itertools.count():
        update_id = f"{decision_id}-{again}" if again else decision_id
        handle = client.get_workflow_handle(workflow_id).get_update_handle(update_id, result_type=answer)
        try:
            return await handle.result(), update_id
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None, update_id
            raise
        except WorkflowUpdateFailedError as error:
            if not (isinstance(error.cause, ApplicationError) and error.cause.type == names.UNAVAILABLE):
                raise
    raise AssertionError("a count does not end")


async def answered(
    send: Callable[[], Awaitable[T]], refusal: Callable[[], Awaitable[Refusal]], limit_s: float
) -> T:
    """Returns what `send` answered, with each of Temporal's errors mapped to one of ours. `refusal` reads the current
    state, for the 409."""
    try:
        try:
            return await asyncio.wait_for(send(), limit_s)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return await asyncio.wait_for(send(), limit_s)  # it closed just now
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        if isinstance(cause, ActivityError) and _is_refusal(cause.cause):
            raise (await refusal())(cause.cause.message) from error  # according to the row, under its lock
        if not isinstance(cause, ApplicationError):
            raise (await refusal())("The work was stopped before the decision could be taken.") from error
        if cause.type == names.INVALID:
            raise Invalid(cause.message) from error
        if cause.type == names.CONFLICT:
            raise (await refusal())(cause.message, **beside(cause)) from error
        raise Unavailable(f"The decision could not be taken now. {_SAFE}") from error
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise Unavailable(f"The workflow did not answer in time. {_SAFE}") from error
    except RuntimeError as error:
        if "client connect" in str(error):  # the SDK raises this while a lazy client finds no server
            raise Unavailable(_NO_SERVICE, retry_after_s=5) from error
        raise
    except RPCError as error:
        if error.status in _PASSING:
            raise Unavailable(_NO_SERVICE, retry_after_s=5) from error
        if error.status in _OURS:
            raise
        # An update id that a reset applied again, and the validator refused, answers INTERNAL in that run.
        raise (await refusal())(
            "The work was reset since this was decided. Look again, and decide anew.", code=Code.RUN
        ) from error


def _is_refusal(error: BaseException | None) -> TypeGuard[ApplicationError]:
    return isinstance(error, ApplicationError) and error.type == Code.STATE


def beside(cause: ApplicationError) -> dict[str, Any]:
    """The refusal's own code, with `findings` and `missing` if the workflow gave them."""
    said = cause.details[0] if cause.details else None
    if not isinstance(said, dict):
        return {}
    code = next((code for code in Code if code == said.get("code")), None)
    return {"code": code, **{key: said[key] for key in ("findings", "missing") if key in said}}
