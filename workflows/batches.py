"""Starts batches and describes them in Temporal's UI. The API, the sweep and schedules use the same code."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from schema.contracts.batches import BatchInput
from schema.enums import BatchAction
from workflows import names, shown

FEW = 100
"""Up to how many jobs a batch has the priority of work that somebody waits for."""


async def start_batch(client: Client, start: BatchInput) -> bool:
    """Starts the workflow of a batch whose row is committed. Returns False if the workflow is running, or has run."""
    packs = start.action is BatchAction.DOWNLOAD
    key = str(start.org_id or start.batch_id)
    try:
        await client.start_workflow(
            names.DOWNLOAD_WORKFLOW if packs else names.BATCH_WORKFLOW,
            start,
            id=workflow_id(start.action, start.batch_id),
            task_queue=names.Queue.BATCHES.value,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=timedelta(seconds=10),
            search_attributes=attributes(start),
            static_summary=summary(start),
            priority=Priority(priority_key=2 if start.total and start.total <= FEW else 4, fairness_key=key),
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def workflow_id(action: BatchAction, batch_id: object) -> str:
    packs = action is BatchAction.DOWNLOAD
    return names.download_workflow_id(str(batch_id)) if packs else names.batch_workflow_id(str(batch_id))


def attributes(start: BatchInput) -> TypedSearchAttributes:
    org = [SearchAttributePair(names.ORG_ID, str(start.org_id))] if start.org_id else []
    return TypedSearchAttributes([SearchAttributePair(names.BATCH_ID, str(start.batch_id)), *org])


def summary(start: BatchInput, name: str | None = None) -> str:
    action = start.action.value.replace("_", " ")
    many = f" of {start.total} jobs" if start.total is not None else ""
    return shown.summary(f"{name}: {action}" if name else f"Batch: {action}{many}")
