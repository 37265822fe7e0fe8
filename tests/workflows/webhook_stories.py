"""What is recorded of webhooks: all that happens is taken at once; a receiver that is away for a while; one that is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from schema.contracts.webhooks import WebhookInput
from schema.enums import DeliveryOutcome, JobStatus
from tests.fakes.receiver import Receiver, answer
from tests.workflows.platform import Platform, eventually
from tests.workflows.stories import Histories
from tests.workflows.webhook_kit import Organisation
from workflows import names


async def webhook_told(platform: Platform) -> Histories:
    """Of two jobs, of each in its order."""
    ours = await Organisation.made(platform)
    async with Receiver() as receiver:
        webhook = await ours.webhook(receiver)
        for _ in range(2):
            await ours.happens(await ours.job(), JobStatus.PROBING, JobStatus.TRANSCRIBING)
        handle = await ours.wake(webhook)
        await handle.result()
    return {"webhook": handle}


async def webhook_waited(platform: Platform) -> Histories:
    """In two runs. In the first it rests, and is woken."""
    ours = await Organisation.made(platform)
    async with Receiver() as receiver:
        await receiver.go_away()
        webhook, job = await ours.webhook(receiver), await ours.job()
        await ours.happens(job, JobStatus.PROBING)
        start = WebhookInput(webhook_id=webhook.id, org_id=webhook.org_id, in_flight=1, pages_a_run=3)
        handle = await platform.client.start_workflow(
            names.WEBHOOK_WORKFLOW,
            start,
            id=names.webhook_workflow_id(webhook.id),
            task_queue=names.Queue.JOBS,
        )
        await ours.until_all(webhook, 1, DeliveryOutcome.WAITING)
        await ours.happens(job, JobStatus.TRANSCRIBING)
        await handle.signal(names.WAKE)
        await ours.until_all(webhook, 2, DeliveryOutcome.WAITING)
        first = handle.first_execution_run_id

        async def has_begun_again() -> bool:
            return (await handle.describe()).run_id != first

        await eventually(has_begun_again)
        await receiver.come_back()
        await handle.result()
    run = partial(platform.client.get_workflow_handle, handle.id)
    return {"first": run(run_id=first), "webhook": run(run_id=(await run().describe()).run_id)}


async def webhook_gone(platform: Platform) -> Histories:
    """The receiver wants nothing more."""
    ours = await Organisation.made(platform)
    async with Receiver(answer(410)) as receiver:
        webhook = await ours.webhook(receiver)
        await ours.happens(await ours.job(), JobStatus.PROBING, JobStatus.TRANSCRIBING)
        handle = await ours.wake(webhook)
        await handle.result()
    return {"webhook": handle}


WEBHOOK_STORIES: tuple[Callable[[Platform], Awaitable[Histories]], ...] = (
    webhook_told,
    webhook_waited,
    webhook_gone,
)
