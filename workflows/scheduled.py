"""One run of a schedule: a batch over its filter, as the schedule's owner sees it at that time."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from schema.contracts.batches import BatchInput, BatchState, OpenBatch, ScheduledBatch
    from schema.enums import BatchAction
    from workflows import names, other_steps, shown
    from workflows.batches import attributes, summary
    from workflows.inbound import fault_of
    from workflows.work import failure_words


@workflow.defn(name=names.SCHEDULED_WORKFLOW)
class ScheduledBatchWorkflow:
    """Opens a batch and waits for its end, so that the schedule starts no other meanwhile. A schedule made in
    Temporal's UI, with `{"work": {"action": "retry"}, "filter": {"status": ["failed"]}}`, acts as staff."""

    @workflow.run
    async def run(self, asked: ScheduledBatch | None = None) -> BatchState:
        wrong = fault_of(asked, ScheduledBatch) or _refusal(asked)
        if wrong or asked is None:
            workflow.set_current_details(f"**Not run.** {wrong}")
            raise ApplicationError(wrong or "It needs an input.", type=names.INVALID, non_retryable=True)
        batch_id = workflow.uuid4()
        try:
            opened = await other_steps.OPEN_BATCH(OpenBatch(batch_id=batch_id, asked=asked))
        except ActivityError as error:
            workflow.set_current_details(shown.details(f"**Not run.** {failure_words(error)}"))
            raise
        workflow.set_current_details(f"Batch `{batch_id}` is running.")
        start = BatchInput(batch_id=batch_id, org_id=opened.org_id, action=asked.work.action)
        try:
            ended: BatchState = await workflow.execute_child_workflow(
                names.BATCH_WORKFLOW,
                start,
                id=names.batch_workflow_id(batch_id),
                result_type=BatchState,
                parent_close_policy=ParentClosePolicy.ABANDON,
                search_attributes=attributes(start),
                static_summary=summary(start, asked.name),
                priority=Priority(priority_key=4, fairness_key=str(opened.org_id or batch_id)),
            )
        except ChildWorkflowError:
            workflow.set_current_details(
                f"Batch `{batch_id}` was ended before all of its jobs had their turn."
            )
            raise
        workflow.set_current_details(_said(ended, str(batch_id)))
        return ended


def _refusal(asked: ScheduledBatch | None) -> str | None:
    if asked is None:
        return "It needs an input: what to do, and a filter."
    if asked.work.action is BatchAction.DOWNLOAD:
        return "A download is not scheduled."
    if asked.filter.is_open():
        return "The filter says nothing: name at least one condition."
    return None


def _said(ended: BatchState, batch_id: str) -> str:
    if not ended.total:
        return "**Nothing to do**: no job was in the filter."
    told = ", ".join(
        f"{number} {outcome.value.replace('_', ' ')}" for outcome, number in ended.counts.items()
    )
    return shown.details(f"Batch `{batch_id}`: {ended.total} jobs, {told}.")
