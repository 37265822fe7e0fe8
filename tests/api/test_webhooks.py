"""Webhooks of an organisation: who makes them, what they answer once, and what is told of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import sqlalchemy as sa
from httpx import ASGITransport, AsyncClient
from sqlmodel import col

from api.main import create_app
from api.operations import webhooks
from api.parts import Parts
from schema.db import Database
from schema.enums import DeliveryOutcome, Role, WebhookEvent
from schema.tables import AuditEntry, Organization, Webhook, WebhookDelivery, now
from tests.api.flow import key, new_job, until
from tests.api.people import Person, Tenant, make_tenant
from tests.fakes.receiver import TAKEN, Receiver, answer
from tests.fakes.steps import FakeSteps
from tests.statements import counted
from tests.workflows.platform import eventually
from tests.workflows.test_webhooks import receiver
from workflows.names import webhook_workflow_id

__all__ = ["receiver"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ours(parts: Parts, database: Database) -> AsyncIterator[Tenant]:
    """Where webhooks may lead to this machine."""
    settings = parts.settings.model_copy(update={"webhook_private_addresses": True})
    app = create_app(replace(parts, settings=settings))
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://api.test") as http,
    ):
        yield await make_tenant(database, http)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _alone(database: Database) -> AsyncIterator[None]:
    """Those of a test are gone after it."""
    yield
    async with database.begin() as session:
        await session.execute(sa.delete(Webhook))


def path(tenant: Tenant, *more: object) -> str:
    return "/".join((f"/organizations/{tenant.org.id}/webhooks", *map(str, more)))


async def make(tenant: Tenant, url: str, **body: Any) -> dict[str, Any]:
    body = {"name": f"Webhook {uuid4().hex[:8]}", "url": url, **body}
    answered = await tenant[Role.PRODUCTION].post(path(tenant), body)
    assert answered.status_code == 201, answered.text
    return dict(answered.json())


async def deliveries(tenant: Tenant, webhook: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    listed = await tenant[Role.PRODUCTION].get(path(tenant, webhook["id"], "deliveries") + query)
    assert listed.status_code == 200, listed.text
    return list(listed.json()["items"])


async def are(tenant: Tenant, webhook: dict[str, Any], *outcomes: str) -> bool:
    return [each["outcome"] for each in await deliveries(tenant, webhook)] == [*outcomes]


async def test_a_job_from_its_upload_to_its_completion(
    ours: Tenant, steps: FakeSteps, receiver: Receiver
) -> None:
    steps.begin_test()
    webhook = await make(ours, receiver.url)
    job_id = await new_job(ours[Role.CLIENT], steps)
    await until(ours[Role.REVIEWER], job_id, "pending_qc")
    await ours[Role.REVIEWER].post(f"/jobs/{job_id}/actions/approve_source")
    await until(ours[Role.REVIEWER], job_id, "pending_final_review")
    done = await ours[Role.PROJECT_MANAGER].post(f"/jobs/{job_id}/actions/complete")
    assert done.status_code == 200, done.text
    await eventually(lambda: "job.completed" in receiver.types())
    types = receiver.types()
    assert types[0] == "webhook.test" and "job.created" in types and "job.status_changed" in types
    assert types.count("job.completed") == 1
    assert all(each.signed_with(webhook["secret"]) == [True] for each in receiver.got)
    assert {each.said["data"]["job_id"] for each in receiver.events()} == {str(job_id)}
    await eventually(lambda: _none_waits(ours, webhook))
    told = await deliveries(ours, webhook, "?size=100")
    assert {each["id"] for each in told} == {each.id for each in receiver.got}
    assert [each["event_id"] for each in told[:-1]] == sorted((each["event_id"] for each in told[:-1]), reverse=True)  # fmt: skip
    assert all((each["last_status"], each["last_error"]) == (204, None) for each in told)


async def _none_waits(tenant: Tenant, webhook: dict[str, Any]) -> bool:
    return await deliveries(tenant, webhook, "?outcome=waiting") == []


async def test_a_secret_is_told_once(ours: Tenant, receiver: Receiver, parts: Parts) -> None:
    lead, same = ours[Role.PRODUCTION], key()
    body = {
        "name": " The archive ",
        "url": receiver.url,
        "events": ["job.failed", "job.completed", "job.failed"],
    }
    made = await lead.post(path(ours), body, same)
    assert made.status_code == 201, made.text
    webhook = made.json()
    assert made.headers["location"].endswith(path(ours, webhook["id"]))
    assert webhook["secret"].startswith("whsec_")
    assert (webhook["name"], webhook["events"]) == ("The archive", ["job.failed", "job.completed"])
    again = await lead.post(path(ours), body, same)
    assert (again.status_code, again.json()["id"]) == (409, webhook["id"])
    assert webhook["secret"] not in again.text
    for where in (path(ours), path(ours, webhook["id"])):
        shown = await lead.get(where)
        assert shown.status_code == 200 and "whsec_" not in shown.text
    await eventually(lambda: receiver.types() == ["webhook.test"])
    assert receiver.got[0].signed_with(webhook["secret"]) == [True]
    assert receiver.got[0].said["data"] == {"webhook_id": webhook["id"], "org_id": str(ours.org.id)}
    handle = parts.temporal.get_workflow_handle(webhook_workflow_id(webhook["id"]))
    await handle.result()
    history = (await handle.fetch_history()).to_json()
    assert "hooks?of=ours" not in history and "whsec_" not in history


async def test_it_is_called_by_a_name_of_its_own(ours: Tenant) -> None:
    url = "https://hooks.invalid/ours"
    for name in ("Gamma", "Alpha", "Beta two"):
        await make(ours, url, name=name, events=["job.failed"])
    lead = ours[Role.ADMIN]
    taken = await lead.post(path(ours), {"name": "alpha", "url": url})
    assert taken.status_code == 409 and "Alpha" in taken.json()["detail"]
    listed = (await lead.get(path(ours) + "?sort=-name&size=2")).json()
    assert ([each["name"] for each in listed["items"]], listed["total"]) == (["Gamma", "Beta two"], 3)
    found = (await lead.get(path(ours) + "?q=tw")).json()["items"]
    assert [each["name"] for each in found] == ["Beta two"]
    assert {each["enabled"] for each in listed["items"]} == {True}
    other = await lead.patch(path(ours, found[0]["id"]), {"name": "GAMMA"})
    assert other.status_code == 409
    assert (await lead.patch(path(ours, found[0]["id"]), {"name": "beta TWO"})).status_code == 200


async def test_an_organisation_has_twenty_at_most(ours: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert webhooks.MOST == 20
    monkeypatch.setattr(webhooks, "MOST", 1)
    first = await make(ours, "https://hooks.invalid/ours")
    body = {"name": "One more", "url": "https://hooks.invalid/ours"}
    refused = await ours[Role.PRODUCTION].post(path(ours), body)
    assert (refused.status_code, refused.json()["detail"]) == (409, "The organisation has 1 webhooks: delete one first.")  # fmt: skip
    assert (await ours[Role.PRODUCTION].delete(path(ours, first["id"]))).status_code == 204
    await make(ours, **body)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "https://user:pass@hooks.example.com/", "https://hooks.example.com/#x",
        "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3:8443/", "https://[::ffff:169.254.169.254]/", "hooks",
        "file:///etc/passwd", "https://", "gopher://hooks.example.com/",
    ],
)  # fmt: skip
async def test_addresses_that_may_not_be_called(url: str, tenant: Tenant, database: Database) -> None:
    lead = tenant[Role.PRODUCTION]
    refused = await lead.post(path(tenant), {"name": "Inside", "url": url})
    assert refused.status_code == 400, refused.text
    webhook = await make(tenant, "https://hooks.invalid/ours")
    patched = await lead.patch(path(tenant, webhook["id"]), {"url": url})
    assert (patched.status_code, patched.json()["detail"]) == (400, refused.json()["detail"])
    async with database.begin() as session:
        assert (await session.get_one(Webhook, webhook["id"])).url == "https://hooks.invalid/ours"


async def test_types_that_nobody_knows(ours: Tenant) -> None:
    body = {"name": "Unknown", "url": "https://hooks.invalid/ours", "events": ["job.exploded"]}
    assert (await ours[Role.PRODUCTION].post(path(ours), body)).status_code == 422


async def test_a_secret_is_rotated(ours: Tenant, receiver: Receiver, database: Database) -> None:
    lead, webhook = ours[Role.PRODUCTION], await make(ours, receiver.url)
    await eventually(lambda: are(ours, webhook, "delivered"))
    one, same = path(ours, webhook["id"]), key()
    renamed = await lead.patch(one, {"name": "Renamed"}, same)
    assert (renamed.status_code, renamed.json()["secret"], renamed.json()["rotated_at"]) == (200, None, None)
    replayed = await lead.patch(one, {"name": "Renamed"}, same)
    assert replayed.json() == renamed.json() and replayed.headers["idempotency-replayed"] == "true"
    same = key()
    rotated = await lead.patch(one, {"rotate_secret": True}, same)
    new = rotated.json()["secret"]
    assert new.startswith("whsec_") and new != webhook["secret"]
    again = await lead.patch(one, {"rotate_secret": True}, same)
    assert (again.status_code, again.json()["id"]) == (409, webhook["id"]) and new not in again.text
    async with database.begin() as session:
        assert (await session.get_one(Webhook, webhook["id"])).counter == 2
    (test,) = await deliveries(ours, webhook)
    assert (await lead.post(f"{one}/deliveries/{test['id']}/redeliver")).status_code == 202
    await eventually(lambda: len(receiver.got) == 2)
    assert receiver.got[1].signed_with(webhook["secret"], new) == [True, True]
    assert receiver.got[0].id == receiver.got[1].id == test["id"]


async def test_disabled_and_enabled(
    ours: Tenant, steps: FakeSteps, receiver: Receiver, database: Database
) -> None:
    steps.begin_test()
    lead = ours[Role.PRODUCTION]
    await receiver.go_away()
    webhook = await make(ours, receiver.url)
    one = path(ours, webhook["id"])

    async def was_tried() -> bool:
        return bool((await deliveries(ours, webhook))[0]["attempts"])

    await eventually(was_tried)
    off = (await lead.patch(one, {"enabled": False})).json()
    assert (off["enabled"], off["disabled_reason"]) == (False, webhooks._BY_HAND)
    (test,) = await deliveries(ours, webhook, "?outcome=failed")
    assert test["last_error"] == "No connection could be made."
    refused = await lead.post(f"{one}/deliveries/{test['id']}/redeliver")
    assert refused.status_code == 409 and "enable" in refused.json()["detail"]
    await receiver.come_back()
    missed = await new_job(ours[Role.CLIENT], steps)
    await until(ours[Role.REVIEWER], missed, "pending_qc")
    on = (await lead.patch(one, {"enabled": True, "events": ["job.created"]})).json()
    assert (on["enabled"], on["disabled_at"], on["disabled_reason"]) == (True, None, None)
    told = await new_job(ours[Role.CLIENT], steps)
    await eventually(lambda: receiver.got)
    assert [each.said["data"]["job_id"] for each in receiver.got] == [str(told)]

    async def is_told() -> bool:
        return (await lead.get(one)).json()["delivered_at"] is not None

    await eventually(is_told)


async def test_a_receiver_that_is_gone_is_shown_in_the_list(ours: Tenant, receiver: Receiver) -> None:
    receiver.reply = answer(410)
    webhook = await make(ours, receiver.url)

    async def is_off() -> bool:
        return not (await ours[Role.ADMIN].get(path(ours, webhook["id"]))).json()["enabled"]

    await eventually(is_off)
    (shown,) = (await ours[Role.ADMIN].get(path(ours))).json()["items"]
    assert "410" in shown["disabled_reason"] and shown["disabled_at"]


async def test_deliveries_are_walked_narrowed_and_sent_again(
    ours: Tenant, receiver: Receiver, database: Database
) -> None:
    lead, webhook = ours[Role.PRODUCTION], await make(ours, receiver.url)
    await eventually(lambda: are(ours, webhook, "delivered"))
    later, at = now() + timedelta(hours=1), now() + timedelta(seconds=1)
    states = {
        DeliveryOutcome.FAILED: {
            "failed_at": at,
            "last_error": "The receiver answered 400.",
            "last_status": 400,
        },
        DeliveryOutcome.WAITING: {"next_attempt_at": later},
        DeliveryOutcome.DELIVERED: {"delivered_at": at},
    }
    rows = [
        WebhookDelivery(
            webhook_id=webhook["id"], type=WebhookEvent.JOB_FAILED, event_id=-n, created_at=at, asked_at=at, **state
        )
        for n, state in enumerate((*states.values(), *states.values()), 1)
    ]  # fmt: skip
    async with database.begin() as session:
        session.add_all(rows)
    for outcome in states:
        found = await deliveries(ours, webhook, f"?outcome={outcome}")
        assert {each["outcome"] for each in found} == {outcome}
        assert len(found) == 2 + (outcome is DeliveryOutcome.DELIVERED)
    walked, after = [], ""
    while True:
        page = (await lead.get(path(ours, webhook["id"], "deliveries") + f"?size=3{after}")).json()
        walked += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(walked) == len(set(walked)) == page["total"] == 7
    assert (await lead.get(path(ours, webhook["id"], "deliveries") + "?after=x")).status_code == 400

    one = path(ours, webhook["id"], "deliveries")
    waiting = (await deliveries(ours, webhook, "?outcome=waiting"))[0]
    sooner = await lead.post(f"{one}/{waiting['id']}/redeliver")
    assert (sooner.status_code, sooner.json()["outcome"]) == (202, "waiting")
    async with database.begin() as session:
        row = await session.get_one(WebhookDelivery, walked[0])
        row.next_attempt_at, row.attempts = now() - timedelta(minutes=1), 0
    busy = await lead.post(f"{one}/{walked[0]}/redeliver")
    assert busy.status_code in (409, 202), "unless it was sent in that very moment"
    assert (await lead.post(f"{one}/{uuid4()}/redeliver")).status_code == 404


async def test_one_that_is_being_sent_is_not_asked_for_again(ours: Tenant, receiver: Receiver) -> None:
    async def is_slow(*_: object) -> None:
        await eventually(lambda: receiver.reply is TAKEN)

    receiver.reply = is_slow
    webhook = await make(ours, receiver.url)
    await eventually(lambda: receiver.got)
    (test,) = await deliveries(ours, webhook)
    at = path(ours, webhook["id"], "deliveries", test["id"], "redeliver")
    refused = await ours[Role.PRODUCTION].post(at)
    assert refused.status_code == 409, refused.text
    receiver.reply = TAKEN


async def test_deleted_with_all_that_waits(
    ours: Tenant, receiver: Receiver, parts: Parts, database: Database
) -> None:
    await receiver.go_away()
    lead, webhook, same = ours[Role.PRODUCTION], await make(ours, receiver.url), key()
    one = path(ours, webhook["id"])
    for _ in range(2):
        assert (await lead.delete(one, same)).status_code == 204
    assert (await lead.get(one)).status_code == (await lead.delete(one)).status_code == 404
    await parts.temporal.get_workflow_handle(webhook_workflow_id(webhook["id"])).result()
    await receiver.come_back()
    assert receiver.got == []
    async with database.begin() as session:
        left = sa.select(sa.func.count()).select_from(WebhookDelivery)
        assert await session.scalar(left.where(col(WebhookDelivery.webhook_id) == webhook["id"])) == 0


async def test_what_is_done_is_in_the_log_without_the_address(
    ours: Tenant, receiver: Receiver, database: Database
) -> None:
    lead, webhook = ours[Role.PRODUCTION], await make(ours, receiver.url)
    await eventually(lambda: are(ours, webhook, "delivered"))
    one, (test,) = path(ours, webhook["id"]), await deliveries(ours, webhook)
    await lead.post(f"{one}/deliveries/{test['id']}/redeliver")
    await lead.patch(one, {"rotate_secret": True})
    await lead.delete(one)
    async with database.begin() as session:
        found = await session.scalars(
            sa.select(AuditEntry)
            .where(col(AuditEntry.thing_id).in_([webhook["id"], test["id"]]))
            .order_by(col(AuditEntry.created_at))
        )
        entries = found.all()
    assert [each.action for each in entries] == [f"webhook.{did}" for did in ("create", "redeliver", "change", "delete")]  # fmt: skip
    assert all(each.security for each in entries)
    told = str([(each.before, each.after) for each in entries])
    assert f"http://127.0.0.1:{receiver.port}" in told
    assert "hooks" not in told and "whsec_" not in told
    assert entries[2].after["secret"] == "rotated"
    shown = await ours[Role.ADMIN].get(f"/admin/audit-logs/security?thing_id={webhook['id']}")
    assert {each["action"] for each in shown.json()["items"]} == {"webhook.create", "webhook.change", "webhook.delete"}  # fmt: skip


async def test_a_service_reads_webhooks_and_changes_none(ours: Tenant) -> None:
    lead, webhook = ours[Role.ADMIN], await make(ours, "https://hooks.invalid/ours")
    body = {"name": f"Service {uuid4().hex[:8]}", "role": "production"}
    made = (await lead.post(f"/organizations/{ours.org.id}/service-tokens", body)).json()
    service, one = Person(lead.user, lead.http, made["token"]), path(ours, webhook["id"])
    assert (await service.get(path(ours))).json()["items"][0]["id"] == webhook["id"]
    (test,) = (await service.get(f"{one}/deliveries")).json()["items"]
    body = {"name": "Mine", "url": "https://hooks.invalid/mine"}
    for asked in (
        service.post(path(ours), body),
        service.patch(one, {"url": "https://hooks.invalid/mine"}),
        service.post(f"{one}/deliveries/{test['id']}/redeliver"),
        service.delete(one),
    ):
        assert (await asked).status_code == 403


async def _statements(person: Person, at: str, database: Database) -> int:
    with counted(database) as sent:
        assert (await person.get(at)).status_code == 200
    return len(sent)


async def test_a_list_costs_alike_however_long_it_is(ours: Tenant, database: Database) -> None:
    lead, sent = ours[Role.PRODUCTION], []
    mine = Webhook(org_id=ours.org.id, name="Mine", url="https://hooks.invalid/", created_by=lead.id, disabled_at=now())  # fmt: skip
    async with database.begin() as session:
        session.add(mine)
    for many in (2, 9):
        async with database.begin() as session:
            assert await session.get(Organization, ours.org.id)
            for n in range(many):
                values = {"org_id": ours.org.id, "url": "https://hooks.invalid/", "disabled_at": now()}
                session.add(Webhook(name=f"{many} {n}", created_by=lead.id, **values))
                test = WebhookEvent.TEST
                session.add(WebhookDelivery(webhook_id=mine.id, type=test, asked_at=now(), failed_at=now()))
        at = (path(ours), path(ours, mine.id, "deliveries"))
        sent.append([await _statements(lead, each, database) for each in at])
    assert sent[0] == sent[1]
    assert max(sent[0]) <= 6
