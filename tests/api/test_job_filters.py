"""What is asked of a job: said at each way in, changed, and found by."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client

from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import JobStatus, LanguageStage, QCState, Role, Urgency
from schema.queries import jobs, pages
from schema.tables import JobLanguage, now
from tests.api.flow import OUTPUTS, VIDEO, complete, init, key, new_job, send, until
from tests.api.people import Tenant, make_tenant
from tests.fakes.steps import FakeSteps
from tests.statements import counted
from workflows import names

DUE = "2030-05-01T12:00:00Z"
ASKED: dict[str, Any] = {
    "due_at": DUE,
    "priority": "rush",
    "reference": "PO-4711/b",
    "labels": ["news", "spring", "news"],
    "style": "Short sentences.",
}
KEPT = {**ASKED, "labels": ["news", "spring"]}


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


def _of(job: dict[str, Any]) -> dict[str, Any]:
    return {name: job[name] for name in ASKED}


async def test_every_way_in_takes_what_is_asked(tenant: Tenant, steps: FakeSteps) -> None:
    manager = tenant[Role.PROJECT_MANAGER]
    announced = (await init(manager, title="Spring", **ASKED)).json()
    await send(announced["upload_url"])
    made = await complete(manager, announced["gcs_uri"], priority="normal")
    assert made.status_code == 201, made.text
    assert _of(made.json()) == {**KEPT, "priority": "normal"}, "said again where it was complete"

    announced = (await init(manager)).json()
    await send(announced["upload_url"])
    made = await complete(manager, announced["gcs_uri"], **ASKED)
    assert _of(made.json()) == KEPT
    form = {**ASKED, "source_language": "en", "requested_outputs": json.dumps(OUTPUTS)}
    small = await manager.ask(
        "POST", "/jobs", key(), data=form, files={"file": ("clip.webm", VIDEO, "video/webm")}
    )
    assert small.status_code == 201, small.text
    assert _of(small.json()) == KEPT


async def test_a_patch_changes_and_takes_away(tenant: Tenant, steps: FakeSteps) -> None:
    manager = tenant[Role.PROJECT_MANAGER]
    job_id = await new_job(manager, steps)
    path = f"/jobs/{job_id}"
    await until(manager, job_id, "pending_qc")
    changed = await manager.patch(path, ASKED)
    assert changed.status_code == 200, changed.text
    assert _of(changed.json()) == KEPT
    assert _of((await manager.patch(path, {"title": "Another"})).json()) == KEPT, "what is absent stays"
    away = {"due_at": None, "reference": None, "labels": [], "style": ""}
    bare = _of((await manager.patch(path, away)).json())
    assert bare == {"due_at": None, "priority": "rush", "reference": "", "labels": [], "style": ""}
    for wrong in (
        {"labels": [str(n) for n in range(21)]},
        {"labels": ["x" * 61]},
        {"priority": "now"},
        {"due_at": "2030-05-01T12:00:00"},
    ):
        assert (await manager.patch(path, wrong)).status_code == 422, wrong


async def test_urgent_is_not_the_clients_to_say(tenant: Tenant, steps: FakeSteps) -> None:
    client, manager = tenant[Role.CLIENT], tenant[Role.PROJECT_MANAGER]
    assert (await init(client, priority="rush")).status_code == 403
    announced = (await init(client)).json()
    await send(announced["upload_url"])
    assert (await complete(client, announced["gcs_uri"], priority="rush")).status_code == 403
    made = (await complete(client, announced["gcs_uri"], labels=["mine"])).json()
    path = f"/jobs/{made['id']}"
    await until(client, made["id"], "pending_qc")
    assert (await client.patch(path, {"priority": "rush"})).status_code == 403
    assert (await manager.patch(path, {"priority": "rush"})).json()["priority"] == "rush"
    unharmed = await client.patch(path, {"priority": "rush", "title": "Still theirs"})
    assert unharmed.json()["priority"] == "rush", "it says what is so"
    twin = (await client.post(f"{path}/clone")).json()
    assert (twin["priority"], twin["labels"]) == ("normal", ["mine"])


async def test_urgency_reaches_temporal(
    tenant: Tenant, steps: FakeSteps, temporal_client: Client, database: Database
) -> None:
    """At the start, and on an open job from the next step on, in its languages too."""
    manager, production = tenant[Role.PROJECT_MANAGER], tenant[Role.PRODUCTION]
    announced = (await init(manager)).json()
    await send(announced["upload_url"])
    born = UUID((await complete(manager, announced["gcs_uri"], priority="rush")).json()["id"])
    await until(manager, born, "pending_qc")
    assert await _keys(temporal_client, names.job_workflow_id(born)) == {"probe_source": 1, "watch_scenes": 1}
    job_id = await new_job(manager, steps, languages=["es"])
    await until(manager, job_id, "pending_qc")
    await production.post(f"/jobs/{job_id}/actions/approve_source")
    await until(manager, job_id, "language_qc")
    assert (await manager.patch(f"/jobs/{job_id}", {"priority": "rush"})).status_code == 200
    async with database.begin() as session:
        job = await jobs.load(session, job_id)
    assert job is not None
    assert job.priority is Urgency.RUSH
    for action in ("assign", "assign-reviewer"):
        role = Role.LINGUIST if action == "assign" else Role.REVIEWER
        at = f"/language-qc/jobs/{job_id}/languages/es"
        assert (await manager.post(f"{at}/{action}", {"user_id": str(tenant[role].id)})).status_code == 200
    for role, action in (
        (Role.LINGUIST, "start-work"),
        (Role.LINGUIST, "submit"),
        (Role.REVIEWER, "open-review"),
        (Role.REVIEWER, "approve"),
    ):
        done = await tenant[role].post(f"/language-qc/jobs/{job_id}/languages/es/{action}")
        assert done.status_code == 200, done.text
    await until(manager, job_id, "pending_final_review")
    spanish = await _keys(temporal_client, names.language_workflow_id(job_id, "es"), "publish_texts")
    assert spanish == {"translate_texts": 2, "publish_texts": 1}


async def _keys(client: Client, workflow_id: str, *also: str) -> dict[str, int]:
    """By activity: the priority key with which it was last scheduled."""
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    found = {}
    for event in history.events:
        scheduled = event.activity_task_scheduled_event_attributes
        name = scheduled.activity_type.name
        if name in ("probe_source", "watch_scenes", "translate_texts", *also):
            found[name] = scheduled.priority.priority_key
    return found


async def _titles(who: Any, query: str) -> list[str]:
    answer = await who.get(f"/jobs?sort=title&size=100&{query}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["total"] == len(body["items"])
    return [item["title"] for item in body["items"]]


@pytest_asyncio.fixture(loop_scope="session")
async def studio(database: Database, http: httpx.AsyncClient) -> Tenant:
    return await make_tenant(database, http)


async def test_words_are_found_by_their_beginnings(studio: Tenant, database: Database) -> None:
    await studio.job(database, title="Über den Wolken", filename="wolken_final-v2.mp4", reference="PO-17/a")
    await studio.job(database, title="Evening news", filename="news.2026.mov", reference="https://cms/9")
    await studio.job(database, title="Tom & Jerry <3", filename="x.mp4")
    who = studio[Role.PRODUCTION]
    for q, found in {
        "wolk": ["Über den Wolken"],
        "ÜBER wolken": ["Über den Wolken"],
        "final": ["Über den Wolken"],
        "v2": ["Über den Wolken"],
        "po 17": ["Über den Wolken"],
        "PO-17/a": ["Über den Wolken"],
        "2026": ["Evening news"],
        "news eve": ["Evening news"],
        "cms": ["Evening news"],
        "tom %26 jer": ["Tom & Jerry <3"],
        "mp4": ["Tom & Jerry <3", "Über den Wolken"],
        "ven": [],
        "news wolken": [],
        "'": [],
        "\\": [],
        "a') or true --": [],
        "   ": ["Evening news", "Tom & Jerry <3", "Über den Wolken"],
    }.items():
        assert await _titles(who, f"q={q}") == found, q


async def test_accents_are_found_however_they_are_composed(studio: Tenant, database: Database) -> None:
    """macOS names files with accents apart."""
    job, manager = await studio.job(database, title="Bern"), studio[Role.PROJECT_MANAGER]
    together, apart = (unicodedata.normalize(form, "Zürich") for form in ("NFC", "NFD"))
    patch = {"title": f"{apart}.mp4", "labels": [apart], "reference": apart}
    changed = await manager.patch(f"/jobs/{job.id}", patch)
    assert (changed.json()["title"], changed.json()["labels"]) == (f"{together}.mp4", [together])
    for said in (together, apart):
        for name in ("q", "label", "reference"):
            assert await _titles(manager, f"{name}={quote(said)}") == [f"{together}.mp4"], (name, said)


async def test_filters(studio: Tenant, stranger: Tenant, database: Database) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    day = timedelta(days=1)
    await studio.job(database, title="a")
    await studio.job(database, title="b", priority="rush", labels=["x", "y"], reference="R-1", due_at=at)
    await studio.job(
        database,
        title="c",
        labels=["y"],
        due_at=at,
        status=JobStatus.COMPLETED,
        completed_at=at + day,
        created_at=at,
        outputs=RequestedOutputs(languages=("pt-BR",)),
    )
    await studio.job(database, title="d", source_language="fr", due_at=now() + day)
    await stranger.job(database, title="z", priority="rush", labels=["x"], due_at=at)
    who = studio[Role.PRODUCTION]
    for query, found in {
        "priority=rush": ["b"],
        "priority=normal": ["a", "c", "d"],
        "label=y": ["b", "c"],
        "label=x&label=y": ["b"],
        "label=X": [],
        "label=it's": [],
        "reference=R-1": ["b"],
        "language=pt-br": ["c"],
        "language=fr": ["d"],
        "language=en": ["a", "b", "c"],
        "overdue=true": ["b"],
        "overdue=true&status=completed": [],
        "due_to=2026-03-02T00:00:00Z": ["b", "c"],
        "due_from=2026-03-02T00:00:00Z&due_to=2200-01-01T00:00:00Z": ["d"],
        "due_from=2026-03-02T00:00:00Z": ["d"],
        "due_from=2026-03-01T00:00:00Z": ["b", "c", "d"],
        "created_to=2026-03-02T00:00:00Z": ["c"],
        "completed_from=2026-03-02T00:00:00Z": ["c"],
        "completed_from=2026-03-02T00:00:01Z": [],
        "label=y&status=completed&q=c": ["c"],
    }.items():
        assert await _titles(who, query) == found, query
    for wrong in ("priority=later", "language=klingon!", "created_to=yesterday", "needs_me=perhaps"):
        assert (await who.get(f"/jobs?{wrong}")).status_code == 422, wrong


async def test_whose_turn_it_is(studio: Tenant, database: Database) -> None:
    linguist, reviewer = studio[Role.LINGUIST], studio[Role.REVIEWER]

    async def language(title: str, state: QCState, status: JobStatus = JobStatus.LANGUAGE_QC) -> None:
        job = await studio.job(database, title=title, status=status)
        whom = {} if state is QCState.UNASSIGNED else {"linguist_id": linguist.id, "reviewer_id": reviewer.id}
        async with database.begin() as session:
            session.add(
                JobLanguage(
                    job_id=job.id, language="es", stage=LanguageStage.LANGUAGE_QC, qc_state=state, **whom
                )
            )

    await language("assigned", QCState.ASSIGNED)
    await language("in review", QCState.IN_REVIEW)
    await language("nobody's", QCState.UNASSIGNED)
    for state in (QCState.ASSIGNED, QCState.SUBMITTED, QCState.UNASSIGNED):
        await language("cancelled", state, JobStatus.CANCELLED)
    for status in ("pending_qc", "pending_final_review", "failed", "blocked_on_source", "rejected", "muxing"):
        await studio.job(database, title=status, status=JobStatus(status))
    expected = {
        Role.LINGUIST: {"assigned"},
        Role.REVIEWER: {"in review", "pending_qc"},
        Role.CLIENT: {"rejected", "blocked_on_source"},
        Role.PROJECT_MANAGER: {"nobody's", "pending_final_review", "failed"},
        Role.PRODUCTION: {"nobody's", "pending_qc", "failed", "blocked_on_source"},
    }
    for role, titles in expected.items():
        for order in ("title", "-created_at", "-priority", "due_at"):
            listed = (await studio[role].get(f"/jobs?needs_me=true&sort={order}&size=100")).json()
            assert {item["title"] for item in listed["items"]} == titles, (role, order)
            assert listed["total"] == len(listed["items"]) == len(titles)
    for role in (Role.LINGUIST, Role.REVIEWER):
        assert await _titles(studio[role], "assigned_to_me=true&status=language_qc") == [
            "assigned",
            "in review",
        ]
        queue = (await studio[role].get("/language-qc/me/language-qc-queue?size=100")).json()
        assert {item["title"] for item in queue["items"]} == expected[role] - {"pending_qc"}
        assert queue["total"] == 1, "what is cancelled waits for nobody"
    assert await _titles(studio[Role.PRODUCTION], "assigned_to_me=true") == []
    assert await _titles(linguist, "needs_me=true&q=review") == []


async def test_a_filtered_list_takes_two_statements_whatever_its_length(
    studio: Tenant, database: Database
) -> None:
    sent: list[list[str]] = []
    query = "/jobs?q=light&label=x&needs_me=true&assigned_to_me=true&sort=-priority"
    for many in (1, 20):
        for _ in range(many):
            await studio.job(database, labels=["x"])
        await studio[Role.PROJECT_MANAGER].get(query)
        with counted(database) as statements:
            assert (await studio[Role.PROJECT_MANAGER].get(query)).status_code == 200
        sent.append(list(statements))
    assert len(sent[0]) == len(sent[1])


async def test_more_than_are_counted_are_walked_in_order(
    studio: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a word is too common to sort what it finds, the order is walked: the same jobs come of it."""
    for number in range(9):
        urgent = "rush" if number % 4 == 0 else "normal"
        due = None if number % 3 else datetime(2026, 1, 1 + number, tzinfo=UTC)
        await studio.job(
            database, title=f"Film {number}", reference=f"R{number // 2}", priority=urgent, due_at=due
        )
    who = studio[Role.PROJECT_MANAGER]
    for order in (
        "-priority",
        "priority",
        "due_at",
        "-due_at",
        "reference",
        "-title",
        "created_at",
        "status",
    ):
        path = f"/jobs?q=film&sort={order}"
        whole = (await who.get(f"{path}&size=100")).json()["items"]
        with monkeypatch.context() as few:
            few.setattr(pages, "COUNT_LIMIT", 4)
            walked, after = [], ""
            while after is not None:
                answer = await who.get(f"{path}&size=2{after and f'&after={after}'}")
                page = answer.json()
                walked += page["items"]
                after = page["next"]
            assert walked == whole, order
        assert len(whole) == 9
    by = [
        (item["priority"], item["created_at"])
        for item in (await who.get("/jobs?sort=-priority")).json()["items"]
    ]
    assert by == sorted(by, reverse=True)
