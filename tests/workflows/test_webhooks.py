"""Webhooks: from what happens to jobs to what another system gets, whatever that does meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlmodel import col
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.storage import GoogleStorage
from activities.webhooks.starting import wake_those_of
from schema.db import Database
from schema.enums import DeliveryOutcome, JobAction, JobStatus, LanguageStage, WebhookEvent
from schema.queries import sweeps
from schema.tables import AuditEntry, Job, Webhook, WebhookDelivery, now
from schema.webhooks import Said, type_of
from tests.fakes.receiver import TAKEN, Got, Receiver, answer
from tests.fakes.workers import Workers
from tests.namespaces import own_namespace
from tests.workflows.killable import Killable, environment
from tests.workflows.platform import SPANISH, Platform, eventually
from tests.workflows.webhook_kit import Organisation, secret
from workflows.names import Queue

STATUSES = (
    JobStatus.PROBING, JobStatus.TRANSCRIBING, JobStatus.DESCRIBING, JobStatus.PENDING_QC,
    JobStatus.SYNTHESIZING, JobStatus.MUXING, JobStatus.PENDING_FINAL_REVIEW, JobStatus.COMPLETED,
)  # fmt: skip
UNHANDLED = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
OLD = timedelta(days=3, minutes=1)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as made:
        yield made


@pytest_asyncio.fixture
async def ours(platform: Platform) -> Organisation:
    return await Organisation.made(platform)


async def change_deliveries(ours: Organisation, webhook: Webhook, **values: Any) -> None:
    async with ours.database.begin() as session:
        await session.execute(
            sa.update(WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook.id).values(**values)
        )


# What is told


async def test_a_job_is_told_of_in_order_and_once(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver)
    job_id = await ours.to_source_qc(SPANISH, reference="MAM-7", from_the_video=True)
    await ours.platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await ours.platform.until_language(job_id, "es", lambda state: state.stage is LanguageStage.LANGUAGE_QC)
    await ours.platform.assign(job_id, "es")
    await ours.platform.review(job_id, "es")
    await ours.platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await ours.platform.decide(job_id, JobAction.COMPLETE)
    await eventually(lambda: "job.completed" in receiver.types())

    got = receiver.got
    assert [each.event_id for each in got] == sorted(each.event_id for each in got), "in the order of ids"
    assert set(Counter(each.id for each in got).values()) == {1}, "each once"
    assert all(each.signed_with(secret(webhook)) == [True] for each in got)
    assert not any(each.signed_with(secret(webhook, 2)) == [True] for each in got)
    log = {each.id: each for each in await ours.events_of(job_id)}
    for each in got:
        said = each.said
        assert set(said) == {"type", "timestamp", "data"}
        assert datetime.fromisoformat(said["timestamp"]) == log[each.event_id].at
        job = said["data"]
        assert (job["job_id"], job["reference"]) == (str(job_id), "MAM-7")
        assert {name: job[name] for name in ("org_id", "client_id", "project_id")} == {
            name: str(ours.whose[name]) for name in ("org_id", "client_id", "project_id")
        }
        assert "lighthouse" not in each.body.decode(), "ids and states, no text"
        assert abs(int(each.headers["webhook-timestamp"]) - now().timestamp()) < 300
    statuses = [each.said["data"]["status"] for each in got if each.type.startswith("job.")]
    assert statuses == [status for n, status in enumerate(statuses) if n == 0 or statuses[n - 1] != status]
    assert statuses[-1] == "completed" and "pending_qc" in statuses
    spanish = [each.said["data"] for each in got if each.said["data"]["language"] == "es"]
    assert {"language_qc", "ready"} <= {each["stage"] for each in spanish}
    assert [each.said["data"]["qc_state"] for each in got if each.type == "language.approved"] == ["approved"]


async def test_only_what_is_wanted_is_sent(ours: Organisation, receiver: Receiver) -> None:
    some = await ours.webhook(receiver, WebhookEvent.JOB_FAILED, WebhookEvent.JOB_STATUS_CHANGED)
    async with Receiver() as other:
        done = await ours.webhook(other, WebhookEvent.JOB_COMPLETED)
        job = await ours.job()
        await ours.happens(job, JobStatus.PROBING, JobStatus.PROBING, JobStatus.FAILED, JobStatus.COMPLETED)
        for each in (some, done):
            await (await ours.wake(each)).result()
        assert [(each.type, each.said["data"]["status"]) for each in receiver.got] == [
            ("job.status_changed", "probing"),
            ("job.failed", "failed"),
            ("job.status_changed", "completed"),
        ]
        assert other.types() == ["job.completed"]


def test_what_an_event_is_told_as() -> None:
    def told(
        type: str, data: dict[str, Any], before: dict[str, Any] | None = None, language: str | None = None
    ) -> object:
        return type_of(Said(1, uuid4(), type, language, data, before), [])  # fmt: skip

    qc, failed = {"stage": "language_qc", "qc_state": "in_review"}, {"stage": "failed", "qc_state": "pending"}
    approved = {"stage": "synthesizing", "qc_state": "approved"}
    assert told("created", {"status": "created"}) is WebhookEvent.JOB_CREATED
    assert told("changed", {"status": "muxing"}) is WebhookEvent.JOB_UPDATED
    assert told("deleted", {"status": "completed"}) is WebhookEvent.JOB_DELETED
    assert told("restored", {"status": "completed"}) is WebhookEvent.JOB_RESTORED
    assert told("text_saved", {"kind": "captions", "version": 2}, None, "en") is WebhookEvent.TEXT_SAVED
    assert told("reject", {"status": "rejected"}, {"status": "pending_qc"}) is WebhookEvent.JOB_REJECTED
    assert told("cancel", {"status": "cancelled"}, {"status": "muxing"}) is WebhookEvent.JOB_CANCELLED
    assert told("status", {"status": "muxing"}, {"status": "muxing"}) is None, (
        "another step of the same status"
    )
    assert told("change_outputs", {"status": "muxing"}, {"status": "muxing"}) is WebhookEvent.JOB_UPDATED
    assert told("approve", approved, qc, "es") is WebhookEvent.LANGUAGE_APPROVED
    assert (
        told("language", {**approved, "stage": "muxing"}, approved, "es")
        is WebhookEvent.LANGUAGE_STATUS_CHANGED
    )
    assert told("language", failed, qc, "es") is WebhookEvent.LANGUAGE_FAILED
    assert told("reassign", qc, qc, "es") is None
    assert told("comment_added", {"comment_id": "x"}, None, "es") is None
    assert told("note_added", {"note_id": "x"}) is None


async def test_another_organisations_events_never(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver)
    theirs = await Organisation.made(ours.platform)
    async with Receiver() as other:
        await theirs.webhook(other)
        job_id = await theirs.to_source_qc(from_the_video=True)
        await eventually(lambda: other.got)
        await (await ours.wake(webhook)).result()
        assert receiver.got == []
        assert {each.said["data"]["job_id"] for each in other.got} == {str(job_id)}


# The receiver


async def test_a_receiver_that_was_away_misses_nothing(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver)
    await receiver.go_away()
    job = await ours.job()
    happened = await ours.happens(job, *STATUSES)
    handle = await ours.wake(webhook)

    async def were_tried() -> bool:
        tried = [each for each in await ours.deliveries(webhook) if each.attempts]
        return len(tried) == len(happened)

    await eventually(were_tried)
    assert {each.last_error for each in await ours.deliveries(webhook)} == {"No connection could be made."}
    await receiver.come_back()
    await ours.until_all(webhook, len(happened))
    await handle.result()
    assert sorted(each.event_id for each in receiver.got) == happened
    assert {each.last_error for each in await ours.deliveries(webhook)} == {None}
    assert {each.last_status for each in await ours.deliveries(webhook)} == {204}
    assert (await ours.row(webhook)).disabled_at is None


async def test_what_is_not_taken_is_sent_again_under_the_same_id(
    ours: Organisation, receiver: Receiver
) -> None:
    webhook = await ours.webhook(receiver)
    (happened,) = await ours.happens(await ours.job(), JobStatus.PROBING)
    for status in (500, 404, 302, 429):
        receiver.reply = answer(status, Location="https://elsewhere.example.com/")
        seen = len(receiver.got)
        handle = await ours.wake(webhook)
        await eventually(lambda seen=seen: len(receiver.got) > seen)
    receiver.reply = TAKEN
    await handle.result()
    assert {each.event_id for each in receiver.got} == {happened}
    assert len({each.id for each in receiver.got}) == 1
    assert all(each.signed_with(secret(webhook)) == [True] for each in receiver.got)
    (delivery,) = await ours.deliveries(webhook)
    assert delivery.attempts == len(receiver.got) and delivery.last_status == 204


async def test_a_receiver_that_is_gone_gets_nothing_more(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver)
    receiver.reply = answer(410)
    await ours.happens(await ours.job(), *STATUSES)
    await (await ours.wake(webhook)).result()
    row = await ours.row(webhook)
    assert row.disabled_at is not None and "410" in (row.disabled_reason or "")
    assert set(await ours.outcomes(webhook)) == {DeliveryOutcome.FAILED}
    assert len(receiver.got) < len(STATUSES)
    seen = len(receiver.got)
    await ours.happens(await ours.job(), *STATUSES)
    await (await ours.wake(webhook)).result()
    assert len(receiver.got) == seen
    async with ours.database.begin() as session:
        entries = await session.scalars(
            sa.select(AuditEntry).where(
                col(AuditEntry.thing_id) == str(webhook.id), col(AuditEntry.action) == "webhook.disable"
            )
        )
        (entry,) = entries.all()
    assert entry.security and entry.actor_id is None
    assert entry.after["by"] == "The platform's policy"
    assert "hooks" not in str(entry.after), "nothing of the address"


async def test_a_receiver_that_takes_nothing_for_days_is_disabled(
    ours: Organisation, receiver: Receiver
) -> None:
    receiver.reply = answer(503, **{"Retry-After": "3600"})
    webhook = await ours.webhook(receiver)
    await ours.happens(await ours.job(), JobStatus.PROBING, JobStatus.TRANSCRIBING)
    await ours.wake(webhook)
    await eventually(lambda: len(receiver.got) >= 2)

    async def waits() -> bool:
        return all(each.attempts and each.next_attempt_at for each in await ours.deliveries(webhook))

    await eventually(waits)
    assert (await ours.row(webhook)).disabled_at is None
    await change_deliveries(ours, webhook, asked_at=now() - OLD, next_attempt_at=now())
    await (await ours.wake(webhook)).result()
    row = await ours.row(webhook)
    assert row.disabled_at is not None
    assert (row.disabled_reason or "").startswith("Nothing was taken for 3 days.")
    assert "503" in (row.disabled_reason or "")
    assert set(await ours.outcomes(webhook)) == {DeliveryOutcome.FAILED}


async def test_one_event_that_is_refused_disables_nothing(ours: Organisation, receiver: Receiver) -> None:
    refused, job = [], await ours.job()
    webhook = await ours.webhook(receiver)

    async def refuses_one(got: Got, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(400) if got.event_id in refused else TAKEN)

    receiver.reply = refuses_one
    refused += await ours.happens(job, JobStatus.PROBING)
    await ours.happens(job, JobStatus.TRANSCRIBING)
    await ours.wake(webhook)
    await ours.until_all(webhook, 1)
    async with ours.database.begin() as session:
        await session.execute(
            sa.update(WebhookDelivery)
            .where(col(WebhookDelivery.event_id) == refused[0])
            .values(asked_at=now() - OLD, next_attempt_at=now())
        )
    await (await ours.wake(webhook)).result()
    assert await ours.outcomes(webhook) == [DeliveryOutcome.FAILED, DeliveryOutcome.DELIVERED]
    assert (await ours.row(webhook)).disabled_at is None


async def test_two_webhooks_know_nothing_of_each_other(ours: Organisation, receiver: Receiver) -> None:
    async def sleeps(got: Got, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with Receiver(sleeps) as slow:
        stuck, well = await ours.webhook(slow), await ours.webhook(receiver)
        await ours.to_source_qc(from_the_video=True)
        await eventually(lambda: slow.got)
        await eventually(lambda: len(receiver.got) >= 3)
        assert DeliveryOutcome.DELIVERED not in await ours.outcomes(stuck)
        assert secret(stuck) != secret(well)
        await ours.change(stuck, disabled_at=now())


# Changes meanwhile


async def test_after_a_rotation_both_secrets_verify_for_a_day(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver, counter=2, rotated_at=now() - timedelta(hours=23))
    job = await ours.job()
    both = [secret(webhook), secret(webhook, 2)]
    await ours.happens(job, JobStatus.PROBING)
    await (await ours.wake(webhook)).result()
    assert receiver.got[-1].signed_with(*both) == [True, True]
    assert receiver.got[-1].headers["webhook-signature"].count("v1,") == 2
    await ours.change(webhook, rotated_at=now() - timedelta(hours=25))
    await ours.happens(job, JobStatus.TRANSCRIBING)
    await (await ours.wake(webhook)).result()
    assert receiver.got[-1].signed_with(*both) == [False, True]


async def test_deleted_while_deliveries_wait(ours: Organisation, receiver: Receiver) -> None:
    await receiver.go_away()
    webhook = await ours.webhook(receiver)
    await ours.happens(await ours.job(), *STATUSES)
    handle = await ours.wake(webhook)
    await ours.until_all(webhook, 1, DeliveryOutcome.WAITING)
    async with ours.database.begin() as session:
        await session.delete(await session.get_one(Webhook, webhook.id))
    await handle.result()  # what was on its way then has ended too
    await receiver.come_back()
    assert receiver.got == []
    assert await ours.deliveries(webhook) == []


async def test_of_a_purged_job_nothing_is_sent(ours: Organisation, receiver: Receiver) -> None:
    await receiver.go_away()
    webhook, job = await ours.webhook(receiver), await ours.job()
    await ours.happens(job, JobStatus.PROBING)
    await ours.wake(webhook)
    await ours.until_all(webhook, 1, DeliveryOutcome.WAITING)
    async with ours.database.begin() as session:
        await session.execute(sa.delete(Job).where(col(Job.id) == job.id))
    await ours.until_all(webhook, 1, DeliveryOutcome.FAILED)
    (delivery,) = await ours.deliveries(webhook)
    assert delivery.last_error == "What it tells of is there no longer."
    assert receiver.got == []
    assert (await ours.row(webhook)).disabled_at is None


async def test_many_events_are_taken_page_by_page(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver, WebhookEvent.JOB_STATUS_CHANGED)
    jobs = [await ours.job() for _ in range(3)]
    happened = []
    for n in range(90):
        status = STATUSES[n % 7]
        for job in jobs:
            happened += await ours.happens(job, status)
    await ours.wake(webhook)
    await ours.until_all(webhook, len(happened))
    await eventually(lambda: len(receiver.got) == len(happened))
    for job in jobs:
        told = [each.event_id for each in receiver.got if each.said["data"]["job_id"] == str(job.id)]
        assert told == sorted(told), "what happened to one job, in its order"
    assert len({each.id for each in receiver.got}) == len(happened)


# Waking


async def test_the_sweep_finds_what_nobody_was_woken_for(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver)
    (first,) = await ours.happens(await ours.job(), JobStatus.PROBING)
    await ours.platform.start_orphans()
    await eventually(lambda: [each.event_id for each in receiver.got] == [first])
    await ours.handle(webhook).result()
    async with ours.database.begin() as session:
        delivery = (await session.scalars(sa.select(WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook.id))).one()  # fmt: skip
        delivery.next_attempt_at = now() - timedelta(minutes=2)
    await ours.platform.start_orphans()
    await eventually(lambda: len(receiver.got) == 2)
    await ours.change(webhook, disabled_at=now())
    await ours.happens(await ours.job(), JobStatus.PROBING)
    await ours.platform.start_orphans()
    await asyncio.sleep(1)
    assert len(receiver.got) == 2


async def test_nothing_that_happens_waits_for_a_webhook(ours: Organisation, receiver: Receiver) -> None:
    await ours.webhook(receiver)
    asked = 0

    async def is_away(*_: object) -> None:
        nonlocal asked
        asked += 1
        raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")

    await wake_those_of(ours.database, is_away, ours.platform.client, ours.whose["org_id"])
    assert asked == 1


async def test_a_workflow_that_staff_cancel_is_started_again(ours: Organisation, receiver: Receiver) -> None:
    await receiver.go_away()
    webhook = await ours.webhook(receiver)
    await ours.happens(await ours.job(), JobStatus.PROBING)
    handle = await ours.wake(webhook)
    await ours.until_all(webhook, 1, DeliveryOutcome.WAITING)
    await handle.cancel()

    async def is_cancelled() -> bool:
        return (await handle.describe()).status is WorkflowExecutionStatus.CANCELED

    await eventually(is_cancelled)
    causes = {
        event.workflow_task_failed_event_attributes.cause
        for event in (await handle.fetch_history()).events
        if event.HasField("workflow_task_failed_event_attributes")
    }
    assert causes <= {UNHANDLED}, "something arrived in the moment of the end"
    await receiver.come_back()
    await change_deliveries(ours, webhook, next_attempt_at=now() - timedelta(minutes=2))
    await ours.platform.start_orphans()
    await ours.until_all(webhook, 1)


async def test_deliveries_are_forgotten_after_a_month(ours: Organisation, receiver: Receiver) -> None:
    webhook = await ours.webhook(receiver)
    await ours.happens(await ours.job(), JobStatus.PROBING, JobStatus.TRANSCRIBING)
    await (await ours.wake(webhook)).result()
    old, young = await ours.deliveries(webhook)
    async with ours.database.begin() as session:
        await session.execute(
            sa.update(WebhookDelivery)
            .where(col(WebhookDelivery.id) == old.id)
            .values(created_at=now() - timedelta(days=31))
        )
        assert await sweeps.expire(session, "deliveries", sweeps.EVENTS_KEPT, limit=100) >= 1
    assert [each.id for each in await ours.deliveries(webhook)] == [young.id]


# kill -9


@pytest.mark.timeout(600)
async def test_a_worker_that_is_killed_after_the_answer_sends_it_again(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    postgres_url: str,
    storage_endpoint: str,
    tmp_path: Path,
) -> None:
    """At least once: the receiver has answered, and the row does not say so."""
    client = await own_namespace(temporal_client)
    env = environment(client, postgres_url, storage_endpoint, object_store.bucket, tmp_path)
    env["WEBHOOK_PRIVATE_ADDRESSES"] = "true"
    kill = asyncio.Event()

    async def answers_to_the_dead(got: Got, writer: asyncio.StreamWriter) -> None:
        if len(receiver.got) == 1:
            os.kill(worker.pid, signal.SIGKILL)
            kill.set()
        writer.write(TAKEN)

    async with (
        Receiver(answers_to_the_dead) as receiver,
        Workers(client, database, object_store, without=[Queue.RECORDS]) as workers,
    ):
        ours = await Organisation.made(Platform(client, database, object_store, workers))
        webhook = await ours.webhook(receiver)
        (happened,) = await ours.happens(await ours.job(), JobStatus.PROBING)
        with Killable(env, "workers", Queue.RECORDS.value) as worker:
            handle = await ours.wake(webhook)
            await asyncio.wait_for(kill.wait(), 120)
            assert DeliveryOutcome.DELIVERED not in await ours.outcomes(webhook)
            worker.begin()
            await asyncio.wait_for(handle.result(), 200)
        first, second = receiver.got
        assert (first.id, first.event_id) == (second.id, second.event_id)
        assert second.event_id == happened
        assert await ours.outcomes(webhook) == [DeliveryOutcome.DELIVERED]
        assert second.signed_with(secret(webhook)) == [True]
        assert datetime.now(UTC).timestamp() - int(second.headers["webhook-timestamp"]) < 120
