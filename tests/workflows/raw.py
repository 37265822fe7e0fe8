"""Messages as Temporal's UI and command line send them: whatever was typed, through the raw service."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage as Stage
from temporalio.api.update.v1 import Input, Meta, Request, WaitPolicy
from temporalio.api.workflowservice.v1 import (
    SignalWorkflowExecutionRequest,
    UpdateWorkflowExecutionRequest,
)
from temporalio.client import Client, WorkflowHandle


def payload(data: bytes, encoding: str = "json/plain") -> Payload:
    return Payload(metadata={"encoding": encoding.encode()}, data=data)


async def signal(client: Client, handle: WorkflowHandle, name: str, inputs: Sequence[Payload] = ()) -> None:
    """Without `inputs` as from the UI with an empty Data field."""
    await client.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id),
            signal_name=name,
            input=Payloads(payloads=inputs) if inputs else None,
            request_id=str(uuid4()),
        )
    )


async def update(
    client: Client, handle: WorkflowHandle, name: str, inputs: Sequence[Payload] = ()
) -> str | None:
    """Why it was refused; None where it was taken."""
    answer = await client.workflow_service.update_workflow_execution(
        UpdateWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id),
            wait_policy=WaitPolicy(lifecycle_stage=Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED),
            request=Request(
                meta=Meta(update_id=str(uuid4())),
                input=Input(name=name, args=Payloads(payloads=inputs) if inputs else None),
            ),
        )
    )
    return answer.outcome.failure.message if answer.outcome.HasField("failure") else None


async def details(handle: WorkflowHandle) -> str:
    """What the UI shows as the current details."""
    return str(await handle.query("__temporal_workflow_metadata"))


async def task_failures(handle: WorkflowHandle) -> int:
    """How often a task of the workflow has failed. One that goes on failing is in no history but once, and described as
    an attempt."""
    described = await handle.describe()
    pending = described.raw_description.pending_workflow_task.attempt
    failed = [
        event
        async for event in handle.fetch_history_events()
        if event.HasField("workflow_task_failed_event_attributes")
    ]
    return len(failed) + max(pending - 1, 0)
