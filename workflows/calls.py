"""Typed calls of activities. Workflows call every activity through these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from temporalio import workflow
from temporalio.common import Priority, RawValue
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

from schema.contracts.base import Contract
from schema.contracts.steps import JobRef
from schema.enums import Urgency
from workflows import options, shown
from workflows.names import NO_RESULT, TRIED_BY_TIME, Activity, Queue

I = TypeVar("I", bound=Contract)  # noqa: E741
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class StepCall(Generic[I, R]):
    """Calling it runs the activity; `summary` is what staff read beside it in the Temporal UI."""

    activity: Activity
    queue: Queue
    preset: options.Preset
    takes: type[I]
    gives: type[R]
    summary: Callable[[I], str]
    queue_before: Queue | None = None
    """The queue on which runs of an older build still call it."""
    priority: Callable[[I], Priority] | None = None
    """The priority of a call that belongs to no job."""

    async def __call__(self, inputs: I) -> R:
        """Runs rounds of attempts until the preset's patience is over.

        Raises:
            ActivityError: it cannot succeed, or its patience is over.
        """
        over: datetime | None = None
        while True:
            try:
                return await self._round(inputs)
            except ActivityError as error:
                if self.preset.patience is None or error.retry_state != RetryState.MAXIMUM_ATTEMPTS_REACHED:
                    raise
                if not workflow.patched(TRIED_BY_TIME):
                    raise
                over = over or workflow.now() + self.preset.patience
                if workflow.now() >= over:
                    raise
                await workflow.sleep(self.preset.rest, summary=f"{self.activity.value} is tried again")

    async def _round(self, inputs: I) -> R:
        result: RawValue = await workflow.execute_activity(
            self.activity.value,
            inputs,
            result_type=RawValue,
            task_queue=self._where().value,
            start_to_close_timeout=self.preset.limit,
            heartbeat_timeout=self.preset.heartbeat,
            retry_policy=self.preset.retries,
            summary=shown.summary(self.summary(inputs)),
            priority=self._priority(inputs),
        )
        return self._read(result)

    def _priority(self, inputs: I) -> Priority:
        if self.priority is not None:
            return self.priority(inputs)
        job: JobRef | None = getattr(inputs, "job", None)
        return priority_of(job) if job else Priority.default

    def _where(self) -> Queue:
        if self.queue_before is None or workflow.patched(_BESIDE):
            return self.queue
        return self.queue_before

    def _read(self, result: RawValue) -> R:
        """Decodes the result here rather than in the SDK. Staff can complete an activity by hand, and a result that
        cannot be decoded would fail the workflow task forever. Here it fails the activity instead."""
        if self.gives is type(None):
            return None
        try:
            read: R = workflow.payload_converter().from_payload(result.payload, self.gives)
        except Exception:
            raise ActivityError(
                "It has a result that is none.",
                scheduled_event_id=0,
                started_event_id=0,
                identity="",
                activity_type=self.activity.value,
                activity_id="",
                retry_state=RetryState.NON_RETRYABLE_FAILURE,
            ) from ApplicationError(_BY_HAND, type=NO_RESULT, non_retryable=True)
        return read


_BESIDE = "records-run-beside-their-workflows"
_BY_HAND = "It was completed by hand with a result that it cannot have given."


def priority_of(job: JobRef) -> Priority:
    """Urgent jobs first, then jobs that people wait for, then bulk work. Capacity is shared fairly between
    organisations."""
    key = 1 if job.priority is Urgency.RUSH else 4 if job.bulk else 2
    return Priority(priority_key=key, fairness_key=str(job.org_id))


def behind_jobs(org_id: UUID) -> Priority:
    """For calls that report on jobs: they come after the jobs' own work. Capacity is shared fairly between
    organisations."""
    return Priority(priority_key=5, fairness_key=str(org_id))
