"""Webhooks in tests: an organisation with a receiver of its own, and what was sent there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import WorkflowHandle

from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import DeliveryOutcome, Event, JobStatus, WebhookEvent
from schema.queries import events, webhook_deliveries
from schema.tables import Job, JobEvent, Webhook, WebhookDelivery
from schema.webhooks import secret_of
from tests.factories import insert_job, make_project, settings_for
from tests.fakes.receiver import Receiver
from tests.workflows.platform import PLAIN, Platform, eventually
from workflows import names
from workflows.start import wake_webhook

ROOT = settings_for("postgresql+asyncpg://nobody@localhost/none").jwt_secret.get_secret_value()


@dataclass
class Organisation:
    """A tenant whose jobs are told of."""

    platform: Platform
    whose: dict[str, UUID]

    @classmethod
    async def made(cls, platform: Platform) -> Organisation:
        org, client, project, user = await make_project(platform.database)
        whose = {"org_id": org.id, "client_id": client.id, "project_id": project.id, "creator_id": user.id}
        return cls(platform, whose)

    @property
    def database(self) -> Database:
        return self.platform.database

    async def webhook(self, receiver: Receiver, *wanted: WebhookEvent, **fields: Any) -> Webhook:
        """Told of what happens from now on."""
        async with self.database.begin() as session:
            row = Webhook(
                **{
                    "org_id": self.whose["org_id"],
                    "name": f"Webhook {uuid4().hex[:8]}",
                    "url": receiver.url,
                    "event_types": [*wanted],
                    "cursor": await events.newest(session),
                    "created_by": self.whose["creator_id"],
                    **fields,
                }
            )
            session.add(row)
        return row

    async def to_source_qc(self, outputs: RequestedOutputs = PLAIN, **fields: Any) -> UUID:
        return await self.platform.to_source_qc(outputs, **self.whose, **fields)

    async def job(self) -> Job:
        """A row alone, whose events a test writes."""
        return await insert_job(self.database, PLAIN, **self.whose)

    async def happens(self, job: Job, *statuses: JobStatus) -> list[int]:
        """Events, each in a transaction of its own, which wake nobody."""
        made = []
        for status in statuses:
            async with self.database.begin() as session:
                said = {"status": status, "step": None, "revision": 0}
                made.append(
                    await events.record(
                        session, job_id=job.id, org_id=job.org_id, type=Event.STATUS, data=said
                    )
                )
        return made

    async def wake(self, webhook: Webhook) -> WorkflowHandle[Any, Any]:
        await wake_webhook(self.platform.client, webhook.id, webhook.org_id, webhook.name)
        return self.handle(webhook)

    def handle(self, webhook: Webhook) -> WorkflowHandle[Any, Any]:
        return self.platform.client.get_workflow_handle(names.webhook_workflow_id(webhook.id))

    async def row(self, webhook: Webhook) -> Webhook:
        async with self.database.begin() as session:
            return await session.get_one(Webhook, webhook.id)

    async def change(self, webhook: Webhook, **values: Any) -> None:
        async with self.database.begin() as session:
            await session.execute(sa.update(Webhook).where(col(Webhook.id) == webhook.id).values(**values))

    async def deliveries(self, webhook: Webhook) -> Sequence[WebhookDelivery]:
        """In the order in which they were written."""
        async with self.database.begin() as session:
            found = await session.scalars(
                sa.select(WebhookDelivery)
                .where(col(WebhookDelivery.webhook_id) == webhook.id)
                .order_by(col(WebhookDelivery.created_at))
            )
            return found.all()

    async def outcomes(self, webhook: Webhook) -> list[DeliveryOutcome]:
        return [webhook_deliveries.outcome_of(each) for each in await self.deliveries(webhook)]

    async def until_all(
        self, webhook: Webhook, count: int, outcome: DeliveryOutcome = DeliveryOutcome.DELIVERED
    ) -> None:
        async def are() -> bool:
            return (await self.outcomes(webhook)).count(outcome) >= count

        await eventually(are)

    async def events_of(self, job_id: UUID) -> Sequence[JobEvent]:
        async with self.database.begin() as session:
            found = await session.scalars(
                sa.select(JobEvent).where(col(JobEvent.job_id) == job_id).order_by(col(JobEvent.id))
            )
            return found.all()


def secret(webhook: Webhook, counter: int = 1) -> str:
    return secret_of(ROOT, webhook.id, counter)
