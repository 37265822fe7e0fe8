"""What staff can do to a workflow in Temporal's UI and command line, by the same calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetActivityRequest, ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

Which = Callable[[HistoryEvent], bool]
_NEVER_AGAIN = (
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
)


async def reset_to_before(
    client: Client, handle: WorkflowHandle, which: Which, *, again: bool = False
) -> str:
    """Resets to before the first event that `which` picks, and answers the new run's id. Signals and updates that came
    later are sent again only with `again`, which the runbook advises against."""
    before = 0
    async for event in handle.fetch_history_events():
        if which(event):
            break
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            before = event.event_id
    else:
        raise AssertionError(f"{handle.id} has no such event")
    request = ResetWorkflowExecutionRequest(
        namespace=client.namespace,
        reason="to decide anew",
        request_id=str(uuid4()),
        workflow_execution=WorkflowExecution(workflow_id=handle.id),
        workflow_task_finish_event_id=before,
        reset_reapply_exclude_types=() if again else _NEVER_AGAIN,
    )
    run_id = (await client.workflow_service.reset_workflow_execution(request)).run_id
    await listed(client, f"RunId = '{run_id}'")
    return run_id


async def listed(client: Client, query: str, count: int = 1) -> None:
    """Waits until the list that sweeps read shows `count` executions: it follows a little later."""
    async with asyncio.timeout(120):
        while (await client.count_workflows(query)).count != count:
            await asyncio.sleep(0.05)


async def reset_activity(client: Client, handle: WorkflowHandle, activity_type: str) -> None:
    """Begins a running activity anew."""
    await client.workflow_service.reset_activity(
        ResetActivityRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=handle.id),
            type=activity_type,
        )
    )


def decision(action: str) -> Which:
    """The acceptance of an update with this action."""

    def which(event: HistoryEvent) -> bool:
        if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            return False
        accepted = event.workflow_execution_update_accepted_event_attributes
        said = accepted.accepted_request.input.args.payloads[0].data
        return f'"action":"{action}"'.encode() in said

    return which


def scheduled(activity_type: str) -> Which:
    def which(event: HistoryEvent) -> bool:
        attributes = event.activity_task_scheduled_event_attributes
        return (
            event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
            and attributes.activity_type.name == activity_type
        )

    return which


def signalled(name: str) -> Which:
    def which(event: HistoryEvent) -> bool:
        attributes = event.workflow_execution_signaled_event_attributes
        return (
            event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
            and attributes.signal_name == name
        )

    return which
