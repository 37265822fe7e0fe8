"""Briefs: who writes, submits and decides, in which order, and what a job takes from one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import BriefStatus, Role
from schema.queries import briefs, retention
from schema.tables import AuditEntry, Brief, Client, Job, Project, Team, TeamMember, Upload
from tests.api.flow import OUTPUTS, VIDEO, file_of, init, key, send
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in
from tests.fakes.steps import FakeSteps
from tests.statements import counted

PDF = b"%PDF-1.7 not really"
SPANISH = {**OUTPUTS, "languages": ["es"]}
RETURN = {"reason": "Which of the two?"}


async def draft(person: Person, **more: Any) -> dict[str, Any]:
    answer = await person.post("/briefs", {"title": "Evening news", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def approved(tenant: Tenant, **more: Any) -> dict[str, Any]:
    made = await draft(tenant[Role.CLIENT], **more)
    for person, action in ((Role.CLIENT, "submit"), (Role.PROJECT_MANAGER, "approve")):
        answer = await tenant[person].post(f"/briefs/{made['id']}/{action}")
        assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
async def other_client(tenant: Tenant, database: Database) -> AsyncIterator[Client]:
    """Of the same organisation; nobody manages it or reaches it by a team."""
    client = Client(org_id=tenant.org.id, name=f"Other {uuid4().hex[:8]}")
    async with database.begin() as session:
        session.add(client)
    yield client
    async with database.begin() as session:
        await session.execute(
            sa.update(Client).where(col(Client.id) == client.id).values(deleted_at=sa.func.now())
        )


async def test_a_brief_is_written_returned_mended_and_approved(tenant: Tenant, database: Database) -> None:
    client, manager = tenant[Role.CLIENT], tenant[Role.PROJECT_MANAGER]
    made = await draft(
        client,
        notes="Two\r\nlines.",
        source_language="EN",
        requested_outputs=SPANISH,
        due_at="2026-06-01T17:00:00+02:00",
        project_id=str(tenant.project.id),
    )
    path = f"/briefs/{made['id']}"
    assert (made["status"], made["client_id"], made["org_id"]) == (
        "draft", str(tenant.client.id), str(tenant.org.id),
    )  # fmt: skip
    assert (made["notes"], made["source_language"], made["due_at"]) == (
        "Two\nlines.", "en", "2026-06-01T15:00:00Z",
    )  # fmt: skip
    assert made["requested_outputs"]["languages"] == ["es"]
    assert (made["allowed_actions"], made["author"]) == (["submit"], None), "no names for the client's users"
    early = await manager.post(f"{path}/approve")
    assert (early.status_code, early.json()["state"]) == (409, "draft")
    assert (await client.post(f"{path}/submit")).json()["status"] == "submitted"
    late = await client.patch(path, {"title": "Another"})
    assert (late.status_code, late.json()["state"], late.json()["allowed_actions"]) == (409, "submitted", [])
    shown = (await manager.get(path)).json()
    assert (shown["allowed_actions"], shown["author"]["id"]) == (["approve", "return"], str(client.id))
    assert (await manager.post(f"{path}/return", {"reason": " "})).status_code == 422
    returned = (await manager.post(f"{path}/return", RETURN)).json()
    assert (returned["status"], returned["reason"]) == ("draft", RETURN["reason"])
    mended = await client.patch(path, {"title": "Late news", "due_at": None})
    assert (mended.json()["title"], mended.json()["due_at"], mended.json()["notes"]) == (
        "Late news", None, "Two\nlines.",
    )  # fmt: skip
    again = (await client.post(f"{path}/submit")).json()
    assert (again["status"], again["reason"]) == ("submitted", None)
    done = (await manager.post(f"{path}/approve")).json()
    assert (done["status"], done["allowed_actions"]) == ("approved", [])
    for action in ("submit", "approve", "return"):
        refused = await manager.post(f"{path}/{action}", RETURN if action == "return" else None)
        assert (refused.status_code, refused.json()["state"]) == (409, "approved")
    async with database.begin() as session:
        told = list(
            await session.scalars(
                sa.select(AuditEntry)
                .where(col(AuditEntry.thing_id) == made["id"])
                .order_by(col(AuditEntry.created_at))
            )
        )
    assert [entry.action.removeprefix("brief.") for entry in told] == [
        "create", "submit", "return", "change", "submit", "approve",
    ]  # fmt: skip
    assert (told[2].before["status"], told[2].after) == (
        "submitted", {"status": "draft", "reason": RETURN["reason"]},
    )  # fmt: skip
    assert (told[3].before["title"], told[3].after["title"]) == ("Evening news", "Late news")


async def test_who_writes_and_who_decides(
    tenant: Tenant, stranger: Tenant, database: Database, other_client: Client
) -> None:
    made = await draft(tenant[Role.CLIENT])
    path = f"/briefs/{made['id']}"
    writers = {Role.CLIENT, Role.PROJECT_MANAGER, Role.ADMIN}
    for role in Role:
        person = tenant[role]
        assert (await person.get(path)).status_code == 200, role
        body = {"title": "Theirs", "client_id": str(tenant.client.id)}
        assert (await person.post("/briefs", body)).status_code == (201 if role in writers else 403), role
        changed = await person.patch(path, {"notes": role.value})
        assert changed.status_code == (200 if role in writers else 403), role
        if role not in writers:
            assert (await person.post(f"{path}/submit")).status_code == 403
    await tenant[Role.CLIENT].post(f"{path}/submit")
    for role in set(Role) - {Role.PROJECT_MANAGER, Role.ADMIN}:
        assert (await tenant[role].post(f"{path}/approve")).status_code == 403, role
        assert (await tenant[role].post(f"{path}/return", RETURN)).status_code == 403, role
    for role in set(Role) - {Role.ADMIN}:
        for answer in (
            await stranger[role].get(path),
            await stranger[role].patch(path, {"notes": ""}),
            await stranger[role].post(f"{path}/approve"),
            await stranger[role].post("/briefs", {"title": "x", "client_id": str(tenant.client.id)}),
        ):
            assert answer.status_code in (404, 400, 403), (role, answer.text)
            assert tenant.client.name not in answer.text
        listed = (await stranger[role].get("/briefs?size=100")).json()
        assert made["id"] not in {each["id"] for each in listed["items"]}
    refused = await tenant[Role.PROJECT_MANAGER].post(
        "/briefs", {"title": "x", "client_id": str(other_client.id)}
    )
    assert refused.status_code == 400, "a client that they do not manage"


async def test_another_clients_manager_decides_nothing(
    tenant: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    """Who sees the client by a team, and manages others."""
    person = await sign_in(http, await make_user(database, Role.PROJECT_MANAGER, tenant.org.id))
    made = await draft(tenant[Role.CLIENT])
    path = f"/briefs/{made['id']}"
    await tenant[Role.CLIENT].post(f"{path}/submit")
    assert (await person.post(f"{path}/approve")).status_code == 404
    member = await tenant[Role.ADMIN].patch(
        f"/organizations/{tenant.org.id}/members/{person.id}", {"role": "linguist"}
    )
    assert member.status_code == 200, member.text
    async with database.begin() as session:
        session.add(TeamMember(team_id=tenant.team.id, user_id=person.id))
    shown = await person.get(path)
    assert (shown.status_code, shown.json()["allowed_actions"]) == (200, [])
    assert (await person.post(f"{path}/approve")).status_code == 403


async def test_whose_a_brief_is_has_to_be_clear(
    tenant: Tenant, stranger: Tenant, other_client: Client
) -> None:
    client, production = tenant[Role.CLIENT], tenant[Role.ADMIN]
    assert (await draft(client))["client_id"] == str(tenant.client.id), "the only one"
    unclear = await production.post("/briefs", {"title": "x"})
    assert (unclear.status_code, "client_id" in unclear.json()["detail"]) == (400, True)
    by_project = await draft(production, project_id=str(tenant.project.id))
    assert by_project["client_id"] == str(tenant.client.id)
    for wrong in (
        {"project_id": str(stranger.project.id)},
        {"project_id": str(tenant.project.id), "client_id": str(other_client.id)},
        {"client_id": str(other_client.id)},
        {"project_id": str(uuid4())},
    ):
        assert (await client.post("/briefs", {"title": "x", **wrong})).status_code == 400, wrong
    path = f"/briefs/{by_project['id']}"
    refused = await client.patch(path, {"project_id": str(stranger.project.id)})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "project_id")
    dub = {"requested_outputs": {**SPANISH, "dubs": {"es": "gs://x/y"}}}
    assert (await client.patch(path, dub)).status_code == 422


async def test_files_are_attached_shown_and_taken_away(
    tenant: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    client, manager = tenant[Role.CLIENT], tenant[Role.PROJECT_MANAGER]
    own = [
        await file_of(client, "brief_attachment", PDF, "application/pdf", filename=f"{n}.pdf") for n in "ab"
    ]
    theirs = await file_of(manager, "brief_attachment", PDF, "application/pdf", filename="c.pdf")
    dub = await file_of(client, "dub", b"RIFF", "audio/wav")
    made = await draft(client, files=[own[0], own[0]])
    path = f"/briefs/{made['id']}"
    assert [each["filename"] for each in made["files"]] == ["a.pdf"]
    assert "url" not in made["files"][0], "an answer that is kept holds no signed URL"
    for wrong in (theirs, dub, "gs://elsewhere/x", own[0] + "x"):
        refused = await client.patch(path, {"files": [own[0], wrong]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "files.1"), wrong
    more = await manager.patch(path, {"files": [theirs, own[0]]})
    assert [each["filename"] for each in more.json()["files"]] == ["c.pdf", "a.pdf"]
    shown = (await client.get(path)).json()
    async with httpx.AsyncClient() as browser:
        for each in shown["files"]:
            fetched = await browser.get(each["url"])
            assert (fetched.content, each["filename"] in fetched.headers["content-disposition"]) == (
                PDF,
                True,
            )
    await client.patch(path, {"files": [own[1]]})

    async def used() -> list[bool]:
        ids = [uri.split("/")[-2] for uri in (*own, theirs)]
        async with database.begin() as session:
            rows = await session.execute(
                sa.select(col(Upload.id), col(Upload.used_at)).where(col(Upload.id).in_(ids))
            )
            by_id = {str(row[0]): row[1] is not None for row in rows}
        return [by_id[each] for each in ids]

    assert await used() == [False, True, False], "what is attached no longer is swept in time"
    assert [each["filename"] for each in (await client.patch(path, {"notes": "x"})).json()["files"]] == [
        "b.pdf"
    ]


async def test_of_two_who_decide_at_once_one_succeeds(tenant: Tenant) -> None:
    manager, admin = tenant[Role.PROJECT_MANAGER], tenant[Role.ADMIN]
    for _ in range(4):
        path = f"/briefs/{(await draft(tenant[Role.CLIENT]))['id']}"
        both = await asyncio.gather(*(tenant[Role.CLIENT].post(f"{path}/submit") for _ in range(2)))
        assert sorted(each.status_code for each in both) == [200, 409]
        answers = await asyncio.gather(
            manager.post(f"{path}/approve"),
            admin.post(f"{path}/return", RETURN),
            admin.post(f"{path}/approve"),
        )
        assert sorted(each.status_code for each in answers) == [200, 409, 409]
        told = next(each.json() for each in answers if each.status_code == 200)
        assert (await manager.get(path)).json()["status"] == told["status"]
        same = key()
        changed = await asyncio.gather(*(manager.post(f"{path}/submit", None, same) for _ in range(2)))
        assert {each.status_code for each in changed} <= ({200} if told["status"] == "draft" else {409})


async def test_a_brief_and_the_end_of_its_client_meet(
    tenant: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    for _ in range(3):
        here = await make_tenant(database, http)
        made = await draft(here[Role.CLIENT])
        written, deleted = await asyncio.gather(
            here[Role.CLIENT].post("/briefs", {"title": "Late"}),
            here[Role.ADMIN].delete(f"/clients/{here.client.id}"),
        )
        assert (written.status_code in (201, 400), deleted.status_code) == (True, 204), written.text
        listed = (await here[Role.ADMIN].get(f"/briefs?client_id={here.client.id}")).json()
        assert (listed["items"], listed["total"]) == ([], 0)
        assert (await here[Role.ADMIN].get(f"/briefs/{made['id']}")).status_code == 404


async def test_a_job_takes_from_its_brief_what_its_request_leaves_out(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    client = tenant[Role.CLIENT]
    other = Project(client_id=tenant.client.id, name=f"Other {uuid4().hex[:6]}")
    async with database.begin() as session:
        session.add(other)
    try:
        due = "2026-06-01T15:00:00Z"
        brief = await approved(
            tenant,
            source_language="en",
            requested_outputs=SPANISH,
            project_id=str(other.id),
            notes="Names are attached.",
            due_at=due,
        )
        named = {"brief_id": brief["id"]}
        announced = (await init(client, **named)).json()
        await send(announced["upload_url"])
        body = {"gcs_uri": announced["gcs_uri"], "filename": "video.mp4"}
        made = await client.post("/jobs/upload/complete", body)
        assert made.status_code == 201, made.text
        job = made.json()
        assert (job["brief_id"], job["project_id"], job["source_language"]) == (
            brief["id"],
            str(other.id),
            "en",
        )
        assert (job["requested_outputs"]["languages"], job["due_at"]) == (["es"], due)
        async with database.begin() as session:
            row = await session.get_one(Job, job["id"])
        assert (row.client_notes, row.notes) == ("Names are attached.", ""), "clients have read them"
        assert row.title == brief["title"] == "Evening news"

        announced = (await init(client, project_id=str(tenant.project.id))).json()
        await send(announced["upload_url"])
        later = "2026-07-01T15:00:00Z"
        said = {"requested_outputs": OUTPUTS, "project_id": str(tenant.project.id), "due_at": later}
        body = {
            "gcs_uri": announced["gcs_uri"],
            "filename": "video.mp4",
            **named,
            **said,
            "title": "Late news",
        }
        job = (await client.post("/jobs/upload/complete", body)).json()
        assert (job["project_id"], job["due_at"]) == (str(tenant.project.id), later)
        assert job["title"] == "Late news"
        assert job["requested_outputs"]["languages"] == []

        small = await client.ask(
            "POST", "/jobs", files={"file": ("clip.webm", VIDEO, "video/webm")}, data=named
        )
        assert small.status_code == 201, small.text
        assert (small.json()["source_language"], small.json()["project_id"]) == ("en", str(other.id))
        assert small.json()["title"] == "Evening news"
    finally:
        async with database.begin() as session:
            await session.execute(
                sa.update(Project).where(col(Project.id) == other.id).values(deleted_at=sa.func.now())
            )


async def test_a_job_is_made_of_an_approved_brief_of_ones_own(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps
) -> None:
    client = tenant[Role.CLIENT]
    open_one = await draft(client)
    foreign = await approved(stranger)
    silent = await approved(tenant)
    small = {"files": {"file": ("clip.webm", VIDEO, "video/webm")}}
    form = {"source_language": "en", "requested_outputs": json.dumps(OUTPUTS)}
    for brief, told in ((open_one, "is draft"), (foreign, "no brief")):
        for answer in (
            await init(client, brief_id=brief["id"]),
            await client.ask("POST", "/jobs", **small, data={**form, "brief_id": brief["id"]}),
        ):
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "brief_id")
            assert told in answer.json()["detail"]
    for data in ({"brief_id": silent["id"]}, {}):
        answer = await client.ask("POST", "/jobs", **small, data=data)
        assert answer.status_code == 400, "nothing says what is to be made"
        assert {each["field"] for each in answer.json()["errors"]} == {"source_language", "requested_outputs"}
    elsewhere = await init(tenant[Role.ADMIN], brief_id=silent["id"], project_id=str(stranger.project.id))
    assert (elsewhere.status_code, "brief's client" in elsewhere.json()["detail"]) == (400, True)


async def test_a_list_is_narrowed_walked_and_takes_as_many_statements_for_fifty(
    database: Database, http: httpx.AsyncClient
) -> None:
    sent: list[list[str]] = []
    for many in (1, 50):
        here = await make_tenant(database, http)
        async with database.begin() as session:
            session.add_all(
                Brief(
                    org_id=here.org.id,
                    client_id=here.client.id,
                    title=f"Brief {number // 4}",
                    status=list(BriefStatus)[number % 3],
                )
                for number in range(many)
            )
        for role in (Role.CLIENT, Role.PRODUCTION):
            assert (await here[role].get("/briefs?size=100")).json()["total"] == many
        with counted(database) as statements:
            assert (await here[Role.CLIENT].get("/briefs?size=100")).status_code == 200
        sent.append(list(statements))
    assert sent[0] == sent[1]
    person = here[Role.PROJECT_MANAGER]
    for sort in briefs.BriefSort:
        path = f"/briefs?client_id={here.client.id}&status=draft&status=submitted&sort={sort}"
        whole = (await person.get(f"{path}&size=100")).json()["items"]
        assert {each["status"] for each in whole} == {"draft", "submitted"}
        walked, after = [], ""
        while after is not None:
            page = (await person.get(f"{path}&size=9{after and f'&after={after}'}")).json()
            walked += page["items"]
            after = page["next"]
        assert (walked, len(walked)) == (whole, 34)
    for query in (
        f"org_id={uuid4()}",
        f"client_id={uuid4()}",
        f"client_id={here.client.id}&org_id={uuid4()}",
    ):
        assert (await person.get(f"/briefs?{query}")).json()["total"] == 0


async def test_briefs_go_with_a_client_that_is_purged(database: Database, http: httpx.AsyncClient) -> None:
    here = await make_tenant(database, http)
    file = await file_of(here[Role.CLIENT], "brief_attachment", PDF, "application/pdf")
    made = await draft(here[Role.CLIENT], project_id=str(here.project.id), files=[file])
    async with database.begin() as session:
        await session.execute(
            sa.update(Client).where(col(Client.id) == here.client.id).values(purging_at=sa.func.now())
        )
    async with database.begin() as session:
        assert await retention.purge_clients(session, limit=100) >= 1
    async with database.begin() as session:
        assert await session.get(Client, here.client.id) is None
        assert await session.get(Brief, made["id"]) is None
        upload = await session.get_one(Upload, made["files"][0]["file_id"])
    assert upload.used_at is None, "what was attached is swept in time"


async def test_nothing_more_is_asked_for_of_an_archived_client(
    tenant: Tenant, other_client: Client, database: Database
) -> None:
    person = await team_of(tenant, database, other_client)
    two = await person.post("/briefs", {"title": "Evening news"})
    assert (two.status_code, "client_id" in two.json()["detail"]) == (400, True)
    path = f"/clients/{other_client.id}"
    assert (await tenant[Role.ADMIN].patch(path, {"archived": True})).status_code == 200
    named = await person.post("/briefs", {"title": "Evening news", "client_id": str(other_client.id)})
    assert named.status_code == 400, named.text
    assert (await draft(person))["client_id"] == str(tenant.client.id), "the only one that is in use"


async def team_of(tenant: Tenant, database: Database, client: Client) -> Person:
    """The tenant's client user, who reaches `client` too."""
    person, team = tenant[Role.CLIENT], Team(client_id=client.id, name=uuid4().hex)
    async with database.begin() as session:
        session.add(team)
        await session.flush()
        session.add(TeamMember(team_id=team.id, user_id=person.id))
    return person


async def test_briefs_of_a_client_that_is_being_purged_are_hidden(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    admin, made = tenant[Role.ADMIN], await draft(tenant[Role.CLIENT])
    await admin.patch(f"/clients/{tenant.client.id}", {"archived": True})
    assert (await admin.get(f"/briefs/{made['id']}")).status_code == 200
    assert (await admin.post(f"/clients/{tenant.client.id}/purge")).status_code == 202
    for query in (f"client_id={tenant.client.id}", f"org_id={tenant.org.id}"):
        assert (await admin.get(f"/briefs?{query}")).json()["items"] == [], query
    assert (await tenant[Role.PRODUCTION].get("/briefs")).json()["total"] == 0
    assert (await admin.get(f"/briefs/{made['id']}")).status_code == 404
