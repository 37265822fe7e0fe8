"""Sends an organisation's events to one webhook."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from schema.contracts.webhooks import DeliverInput, Due, Taken, WebhookInput
    from schema.enums import DeliveryOutcome
    from workflows import names, other_steps, shown
    from workflows.work import failure_words

_REST = timedelta(minutes=1)
"""The pause after an error that should not happen and would recur at once."""
_LEAST = timedelta(seconds=1)
"""An allowance for the clocks of different servers."""


@workflow.defn(name=names.WEBHOOK_WORKFLOW)
class WebhookWorkflow:
    """1. One activity takes events from the log, writes a delivery for each, and returns those that are due. 2. One
    activity sends each delivery. A few run at once, and the deliveries of one job keep their order. The row records
    the outcome, and when the delivery is sent again. 3. The workflow rests until the next delivery is due, or `wake`
    arrives. It ends when nothing waits, or the webhook is gone. All of its state is in the rows."""

    @workflow.init
    def __init__(self, start: WebhookInput) -> None:
        self._start = start
        self._woken = False
        self._over = False
        self._stumbled = False
        self._delivered = 0
        self._not_taken = 0

    @workflow.signal(name=names.WAKE, description="Look for what is to be sent.")
    async def wake(self) -> None:
        self._woken = True

    def tell_staff(self, words: str) -> None:
        """Shows why a signal did nothing, since a signal has no answer; see `workflows.inbound`."""
        workflow.set_current_details(shown.details(words))

    @workflow.run
    async def run(self, start: WebhookInput) -> None:
        for _ in range(start.pages_a_run):
            self._woken = self._stumbled = False
            taken = await self._take()
            await self._send(taken.deliveries)
            if taken.over or self._over:
                self.tell_staff("It is disabled, or there no longer.")
                return
            self._tell(taken.next_at)
            if self._stumbled:
                await workflow.sleep(_REST, summary="Rests after what cannot be")
            elif not (taken.more or await self._has_more(taken.next_at)):
                return
            if workflow.info().is_continue_as_new_suggested():
                break
        workflow.continue_as_new(self._start)

    async def _take(self) -> Taken:
        try:
            return await other_steps.TAKE_WEBHOOK_EVENTS(self._start)
        except ActivityError as error:
            self._stumble(error)
            return Taken()

    async def _send(self, due: Sequence[Due]) -> None:
        of_job: dict[UUID, list[Due]] = {}
        for each in due:
            of_job.setdefault(each.job_id or each.delivery_id, []).append(each)
        slots = asyncio.Semaphore(self._start.in_flight)

        async def send(in_order: Sequence[Due]) -> None:
            async with slots:
                for each in in_order:
                    if not self._over:
                        await self._deliver(each)

        await asyncio.gather(*(send(in_order) for in_order in of_job.values()))

    async def _deliver(self, due: Due) -> None:
        start = self._start
        try:
            result = await other_steps.DELIVER_WEBHOOK(
                DeliverInput(webhook_id=start.webhook_id, org_id=start.org_id, delivery_id=due.delivery_id)
            )
        except ActivityError as error:
            self._stumble(error)
            return
        self._over = self._over or result.over
        if result.outcome is DeliveryOutcome.DELIVERED:
            self._delivered += 1
        else:
            self._not_taken += 1

    async def _has_more(self, next_at: datetime | None) -> bool:
        """Waits until it is time to look for events. Returns whether there is a reason to."""
        if self._woken or next_at is None:
            return self._woken
        rest = max(next_at - workflow.now(), _LEAST)
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self._woken, timeout=rest, timeout_summary="Until the next attempt"
            )
        return True

    def _stumble(self, error: ActivityError) -> None:
        """Handles an error that is not a receiver's answer: a bug, or an activity that staff completed by hand."""
        if is_cancelled_exception(error):
            raise error
        self._stumbled = True
        workflow.logger.warning("a webhook rests: %s", failure_words(error))

    def _tell(self, next_at: datetime | None) -> None:
        until = f"; the next attempt is at {next_at:%Y-%m-%d %H:%M:%S} UTC" if next_at else ""
        self.tell_staff(f"**{self._delivered}** delivered, **{self._not_taken}** attempts not taken{until}")
