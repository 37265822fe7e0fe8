"""A worker that is told to end begins nothing more that is paid for, and another one goes on with the step."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.errors import ClassifyErrors
from activities.running.in_flight import finish_all
from workers.interceptors import HeedTheEnd

CALLS, AT_ONCE = 6, 2


@workflow.defn
class OneStep:
    @workflow.run
    async def run(self) -> list[int]:
        return await workflow.execute_activity(  # type: ignore[no-any-return]
            "speak_all", result_type=list[int], start_to_close_timeout=timedelta(minutes=1)
        )


class Step:
    """Keeps what it has, as steps do in the bucket. The vendor answers once the first worker is told to end."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.busy, self.answers = asyncio.Event(), asyncio.Event()

    @activity.defn(name="speak_all")
    async def speak_all(self) -> list[int]:
        ending = asyncio.create_task(self._answer_at_the_end())
        try:
            return await finish_all((partial(self._speak, number) for number in range(CALLS)), AT_ONCE)
        finally:
            ending.cancel()

    async def _answer_at_the_end(self) -> None:
        await activity.wait_for_worker_shutdown()
        self.answers.set()

    async def _speak(self, number: int) -> int:
        if number not in self.asked:
            self.asked.append(number)
            if len(self.asked) == AT_ONCE:
                self.busy.set()
            await self.answers.wait()
        return number


async def test_a_step_goes_on_elsewhere_without_paying_twice(temporal_client: Client) -> None:
    step, queue = Step(), f"ending-{uuid4()}"

    def worker() -> Worker:
        return Worker(
            temporal_client,
            task_queue=queue,
            workflows=[OneStep],
            workflow_runner=UnsandboxedWorkflowRunner(),
            activities=[step.speak_all],
            interceptors=[HeedTheEnd(), ClassifyErrors()],
            graceful_shutdown_timeout=timedelta(minutes=1),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
            build_id="tests",
        )

    async with worker():
        handle = await temporal_client.start_workflow(OneStep.run, id=queue, task_queue=queue)
        await step.busy.wait()
    assert step.asked == [0, 1], "and both were answered"
    async with worker():
        assert await asyncio.wait_for(handle.result(), 60) == list(range(CALLS))
    assert step.asked == list(range(CALLS))
