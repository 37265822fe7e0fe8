"""Schedules of batches: made by REST and in Temporal's UI alike, and kept by Temporal alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from httpx import AsyncClient
from sqlmodel import col
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
)
from temporalio.exceptions import ActivityError

from schema.db import Database
from schema.enums import Role
from schema.tables import User
from tests.api.flow import key, new_job, until
from tests.api.people import Person, Tenant, make_user, sign_in
from tests.fakes.steps import FakeSteps
from workflows import names

BASE = "/production/schedules"


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


def body(**more: Any) -> dict[str, Any]:
    return {
        "name": "Failures of the night",
        "when": {"cron": "30 3 * * MON", "time_zone": "Europe/Berlin"},
        "action": "retry",
        "filter": {"status": ["failed"], "failed_step": "transcribe"},
        **more,
    }


async def eventually(check: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(120):
        while not (found := await check()):
            await asyncio.sleep(0.2)
        return found


async def batches_of(person: Person, schedule_id: str) -> list[dict[str, Any]]:
    listed = (await person.get("/batches?size=100")).json()["items"]
    return [each for each in listed if each["schedule_id"] == schedule_id and each["finished_at"]]


async def test_a_schedule_is_made_shown_changed_and_deleted(tenant: Tenant, temporal_client: Client) -> None:
    production, same = tenant[Role.PRODUCTION], key()
    made = await production.post(BASE, body(), same)
    assert made.status_code == 201, made.text
    assert (await production.post(BASE, body(), same)).json() == made.json()
    path = f"{BASE}/{made.json()['id']}"
    shown = (await production.get(path)).json()
    assert (shown["cron"], shown["time_zone"], shown["paused"]) == (["30 3 * * 1"], "Europe/Berlin", False)
    first = datetime.fromisoformat(shown["next_runs"][0])
    assert datetime.now(UTC) < first < datetime.now(UTC) + timedelta(days=8)
    assert shown["owner_id"] == str(production.id)
    described = await temporal_client.get_schedule_handle(made.json()["id"]).describe()
    assert described.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert described.schedule.policy.catchup_window == timedelta(hours=1)

    async def listed() -> bool:
        return made.json()["id"] in {each["id"] for each in (await production.get(BASE)).json()["items"]}

    await eventually(listed)
    paused = await production.post(f"{path}/pause")
    assert (paused.json()["paused"], production.user.name in paused.json()["note"]) == (True, True)
    changed = await production.patch(
        path, {"when": {"every_minutes": 60}, "work": {"action": "reprocess", "from_step": "translate"}}
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["every_minutes"], changed.json()["cron"]) == ([60], [])
    assert changed.json()["work"]["from_step"] == "translate"
    assert changed.json()["filter"] == shown["filter"], "what is absent stays"
    assert changed.json()["paused"], "and so does a pause"
    assert (await production.post(f"{path}/resume")).json()["paused"] is False
    gone = key()
    assert (await production.delete(path, gone)).status_code == 204
    assert (await production.delete(path, gone)).status_code == 204
    assert (await production.get(path)).status_code == 404
    assert (await production.delete(path)).status_code == 404


@pytest.mark.parametrize(
    "cron, shown",
    [
        ("30 3 * * MON", "30 3 * * 1"),
        ("*/20 6-22/2 1,15 jan-mar *", "0-59/20 6-22/2 1,15 1-3 *"),
        ("0 0 * * SUN,3-5", "0 0 * * 0,3-5"),
    ],
)
async def test_when_it_runs_is_what_temporal_has(tenant: Tenant, cron: str, shown: str) -> None:
    production = tenant[Role.PRODUCTION]
    made = (await production.post(BASE, body(when={"cron": cron}))).json()
    assert [each.replace("*/", "0-59/") for each in made["cron"]] == [shown]
    again = await production.patch(f"{BASE}/{made['id']}", {"when": {"cron": made["cron"][0]}})
    assert (again.status_code, again.json()["cron"]) == (200, made["cron"]), (
        "it can be sent back as it is shown"
    )
    assert again.json()["next_runs"] == made["next_runs"]


async def test_another_hour_is_one_of_the_same_time_zone(tenant: Tenant) -> None:
    """At half past four in Berlin, and not in UTC."""
    production = tenant[Role.PRODUCTION]
    path = f"{BASE}/{(await production.post(BASE, body())).json()['id']}"
    later = (await production.patch(path, {"when": {"cron": "30 4 * * MON"}})).json()
    assert (later["cron"], later["time_zone"]) == (["30 4 * * 1"], "Europe/Berlin")
    moved = {"when": {"cron": "30 4 * * MON", "time_zone": "UTC"}}
    assert (await production.patch(path, moved)).json()["time_zone"] == "UTC"


async def test_times_that_were_edited_in_temporals_ui_are_shown_and_stay(
    tenant: Tenant, temporal_client: Client
) -> None:
    production = tenant[Role.PRODUCTION]
    made = (await production.post(BASE, body())).json()

    def edited(input: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule = input.description.schedule
        at = [ScheduleRange(5)]
        schedule.spec = ScheduleSpec(
            calendars=[ScheduleCalendarSpec(hour=at, second=at, year=[ScheduleRange(2030)])],
            intervals=[ScheduleIntervalSpec(every=timedelta(hours=6))],
        )
        schedule.policy.overlap = ScheduleOverlapPolicy.BUFFER_ONE
        return ScheduleUpdate(schedule)

    handle = temporal_client.get_schedule_handle(made["id"])
    await handle.update(edited)
    renamed = (await production.patch(f"{BASE}/{made['id']}", {"name": "Of the morning"})).json()
    assert (renamed["cron"], renamed["every_minutes"]) == (["5 0 5 * * * 2030"], [360])
    assert renamed["name"] == "Of the morning"
    assert (await handle.describe()).schedule.policy.overlap is ScheduleOverlapPolicy.BUFFER_ONE
    timed = await production.patch(f"{BASE}/{made['id']}", {"when": {"cron": "0 3 * * *"}})
    assert (timed.json()["cron"], timed.json()["every_minutes"]) == (["0 3 * * *"], [])


async def test_a_run_asks_the_jobs_of_its_filter_and_one_with_nothing_to_do_says_so(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps, temporal_client: Client
) -> None:
    steps.failures["transcribe_speech"] = 2
    mine = await new_job(tenant[Role.CLIENT], steps)
    theirs = await new_job(stranger[Role.CLIENT], steps)
    production = tenant[Role.PRODUCTION]
    await until(production, mine, "failed")
    await until(stranger[Role.PRODUCTION], theirs, "failed")
    schedule_id = (await production.post(BASE, body())).json()["id"]
    await production.post(f"{BASE}/{schedule_id}/pause")
    assert (await production.post(f"{BASE}/{schedule_id}/trigger")).status_code == 200
    (batch,) = await eventually(lambda: batches_of(production, schedule_id))
    assert batch["counts"]["done"] >= 1
    await until(production, mine, "pending_qc")
    assert (await stranger[Role.PRODUCTION].get(f"/jobs/{theirs}")).json()["status"] == "failed"
    empty = body(filter={"status": ["failed"], "language": "ko"})
    nothing = (await production.post(BASE, empty)).json()["id"]
    await production.post(f"{BASE}/{nothing}/trigger")
    (none,) = await eventually(lambda: batches_of(production, nothing))
    assert (none["total"], none["status"], none["counts"]) == (0, "completed", {})
    runs = (await production.get(f"{BASE}/{nothing}")).json()["recent_runs"]
    assert len(runs) == 1
    for each in (schedule_id, nothing):
        await production.delete(f"{BASE}/{each}")


@pytest.mark.parametrize("left", [{"disabled_at": sa.func.now()}, {"role": Role.LINGUIST}])
async def test_a_run_of_somebody_who_may_not_any_more_has_failed(
    tenant: Tenant, database: Database, http: AsyncClient, temporal_client: Client, left: dict[str, Any]
) -> None:
    """Each night it would say that there was nothing to do."""
    owner = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id))
    schedule_id = (await owner.post(BASE, body())).json()["id"]
    async with database.begin() as session:
        await session.execute(sa.update(User).where(col(User.id) == owner.id).values(**left))
    production = tenant[Role.PRODUCTION]
    assert (await production.post(f"{BASE}/{schedule_id}/trigger")).status_code == 200
    (batch,) = await eventually(lambda: batches_of(production, schedule_id))
    assert (batch["status"], batch["counts"]) == ("failed", {})
    run = (await temporal_client.get_schedule_handle(schedule_id).describe()).info.recent_actions[0].action
    with pytest.raises(WorkflowFailureError) as failed:
        await temporal_client.get_workflow_handle(run.workflow_id).result()
    assert isinstance(failed.value.cause, ActivityError)
    assert "may not do this any more" in str(failed.value.cause.cause)
    assert (await production.delete(f"{BASE}/{schedule_id}")).status_code == 204


async def test_one_that_is_made_in_temporals_ui_acts_as_staff(
    tenant: Tenant, temporal_client: Client
) -> None:
    schedule_id = f"by-hand-{uuid4().hex[:8]}"
    typed = {"work": {"action": "retry"}, "filter": {"status": ["failed"], "language": "ko"}}
    handle = await temporal_client.create_schedule(
        schedule_id,
        Schedule(
            action=ScheduleActionStartWorkflow(
                names.SCHEDULED_WORKFLOW, typed, id=schedule_id, task_queue=names.Queue.BATCHES.value
            ),
            spec=ScheduleSpec(cron_expressions=["0 0 1 1 *"]),
        ),
        trigger_immediately=True,
    )
    admin = tenant[Role.ADMIN]
    shown = await admin.get(f"{BASE}/{schedule_id}")
    assert shown.status_code == 200, shown.text
    assert (shown.json()["owner_id"], shown.json()["work"]["action"]) == (None, "retry")
    assert (await tenant[Role.PRODUCTION].get(f"{BASE}/{schedule_id}")).status_code == 404

    async def ran() -> Any:
        recent = (await handle.describe()).info.recent_actions
        return recent[0].action if recent else None

    action = await eventually(ran)
    state = await temporal_client.get_workflow_handle(action.workflow_id).result()
    assert (state["status"], state["total"]) == ("completed", 0)
    assert (await admin.delete(f"{BASE}/{schedule_id}")).status_code == 204


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"work": {"action": "retry"}, "filter": {"statuses": ["failed"]}}, "no field"),
        ({"work": {"action": "retry"}, "filter": {}}, "says nothing"),
        ({"work": {"action": "dance"}, "filter": {"status": ["failed"]}}, "work.action"),
        ({"work": {"action": "change_outputs"}, "filter": {"status": ["failed"]}}, "needs outputs"),
        ({"work": {"action": "reprocess"}, "filter": {"status": ["failed"]}}, "needs from_step"),
        (None, "needs an input"),
    ],
)
async def test_what_is_mistyped_there_is_said_and_runs_nothing(
    tenant: Tenant, temporal_client: Client, typed: Any, said: str
) -> None:
    arguments = [] if typed is None else [typed]
    with pytest.raises(WorkflowFailureError) as failed:
        await temporal_client.execute_workflow(
            names.SCHEDULED_WORKFLOW,
            args=arguments,
            id=f"mistyped-{uuid4()}",
            task_queue=names.Queue.BATCHES.value,
        )
    cause = failed.value.cause
    assert said in str(cause.cause if isinstance(cause, ActivityError) else cause)


async def test_nobody_says_what_is_done_in_somebody_elses_name(
    tenant: Tenant, stranger: Tenant, database: Database, http: AsyncClient
) -> None:
    made = (await tenant[Role.PRODUCTION].post(BASE, body())).json()
    path = f"{BASE}/{made['id']}"
    colleague = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id))
    assert (await colleague.get(path)).status_code == 200
    assert (await colleague.post(f"{path}/pause")).status_code == 200
    refused = await colleague.patch(path, {"filter": {"status": ["completed"]}})
    assert (refused.status_code, "somebody else's name" in refused.json()["detail"]) == (403, True)
    assert (await stranger[Role.PRODUCTION].get(path)).status_code == 404
    assert (await tenant[Role.PROJECT_MANAGER].get(path)).status_code == 403
    renamed = await tenant[Role.ADMIN].patch(path, {"name": "Renamed"})
    assert (renamed.json()["name"], renamed.json()["owner_id"]) == ("Renamed", made["owner_id"])
    await tenant[Role.ADMIN].delete(path)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"when": {}}, 400),
        ({"when": {"cron": "0 3 * * *", "every_minutes": 60}}, 400),
        ({"when": {"cron": "61 3 * * *"}}, 400),
        ({"when": {"cron": "0 3 * * * *"}}, 400),
        ({"when": {"every_minutes": 1}}, 422),
        ({"when": {"cron": "0 3 * * *", "time_zone": "Mars/Olympus"}}, 422),
        ({"filter": {}}, 400),
        ({"action": "delete"}, 400),
    ],
)
async def test_what_cannot_run_is_refused(tenant: Tenant, more: dict[str, Any], status: int) -> None:
    answer = await tenant[Role.PRODUCTION].post(BASE, body(**more))
    assert answer.status_code == status, answer.text
    assert len(answer.json()["detail"]) > 10


async def test_with_another_filter_it_is_another_organisations(tenant: Tenant, stranger: Tenant) -> None:
    admin = tenant[Role.ADMIN]
    before, after = ({"status": ["failed"], "org_id": str(each.org.id)} for each in (tenant, stranger))
    made = (await admin.post(BASE, body(filter=before))).json()
    path = f"{BASE}/{made['id']}"

    async def seen() -> list[int]:
        return [(await each[Role.PRODUCTION].get(path)).status_code for each in (tenant, stranger)]

    assert await seen() == [200, 404]
    assert (await admin.patch(path, {"name": "Renamed"})).status_code == 200
    assert await seen() == [200, 404]
    assert (await admin.patch(path, {"filter": after})).status_code == 200
    assert await seen() == [404, 200]
    await admin.delete(path)
