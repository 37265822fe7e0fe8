"""Links that share a job: who makes them, what their page shows, and how it ends."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from activities.storage import GoogleStorage
from schema.db import Database
from schema.enums import JobStatus, Role
from schema.queries import retention
from schema.queries.retention import Part
from schema.tables import AuditEntry, Job, ShareToken, now
from tests.api.flow import OUTPUTS, key, new_job, until
from tests.api.people import Person, Tenant, make_tenant
from tests.api.test_throttle import limited
from tests.fakes.steps import FakeSteps
from tests.statements import counted

SPEECH = {**OUTPUTS, "audio_description_mp3": True, "accessible_video_mp4": True}
VTT = b"WEBVTT\n"


def delivered(language: str = "en", kind: str = "captions_vtt", name: str = "shared.vtt") -> dict[str, Any]:
    return {
        "language": language, "kind": kind, "object_name": name, "content_type": "text/vtt", "size_bytes": len(VTT),
    }  # fmt: skip


async def completed(tenant: Tenant, database: Database, **changes: Any) -> Job:
    whole = {"status": JobStatus.COMPLETED, "delivered": [delivered()], **changes}
    return await tenant.job(database, **whole)


async def share(person: Person, job: Job, body: Any = None, **more: Any) -> dict[str, Any]:
    answer = await person.post(f"/share/jobs/{job.id}/share", body, **more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def page(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.get(f"/api/v1/share/public/share/{token}")


async def test_what_was_delivered_is_shown_until_the_next_completion(
    tenant: Tenant, steps: FakeSteps, http: httpx.AsyncClient, database: Database
) -> None:
    steps.begin_test()
    job_id = await new_job(tenant[Role.CLIENT], steps, **SPEECH)
    manager, reviewer = tenant[Role.PROJECT_MANAGER], tenant[Role.REVIEWER]
    await until(reviewer, job_id, "pending_qc")
    await reviewer.post(f"/jobs/{job_id}/actions/approve_source")
    await until(reviewer, job_id, "pending_final_review")
    early = await manager.post(f"/share/jobs/{job_id}/share")
    assert (early.status_code, early.json()["state"]) == (409, "pending_final_review")
    assert (await manager.post(f"/jobs/{job_id}/actions/complete")).status_code == 200
    made = (await manager.post(f"/share/jobs/{job_id}/share", {"name": "Press"})).json()
    assert made["url"].endswith(f"/share#token={made['token']}")

    shown = await page(http, made["token"])
    assert shown.status_code == 200, shown.text
    assert set(shown.json()) == {"title", "languages", "expires_at"}, "and nothing else"
    (language,) = shown.json()["languages"]
    assert set(language) == {"language", "players"}
    assert {each["kind"] for each in language["players"]} == {
        "captions_vtt", "audio_description_vtt", "audio_description_mp3", "accessible_video_mp4",
    }  # fmt: skip
    async with httpx.AsyncClient() as browser:
        for each in language["players"]:
            fetched = await browser.get(each["url"])
            assert fetched.status_code == 200
            assert fetched.headers["content-type"].startswith(each["content_type"])

    # Later work: what it makes is shown once it is completed.
    async with database.begin() as session:
        before = (await session.get_one(Job, job_id)).delivered
    again = await tenant[Role.PRODUCTION].post(f"/jobs/{job_id}/actions/retry_tts", {"language": "en"})
    assert again.status_code == 200, again.text
    await until(reviewer, job_id, "pending_final_review")
    async with database.begin() as session:
        assert (await session.get_one(Job, job_id)).delivered == before
    assert (await page(http, made["token"])).status_code == 200
    fewer = {"requested_outputs": {**OUTPUTS, "audio_description_vtt": False}}
    assert (await manager.patch(f"/jobs/{job_id}", fewer)).status_code == 200
    await until(reviewer, job_id, "pending_final_review")
    assert (await manager.post(f"/jobs/{job_id}/actions/complete")).status_code == 200
    (language,) = (await page(http, made["token"])).json()["languages"]
    assert {each["kind"] for each in language["players"]} == {"captions_vtt"}, (
        "what is asked for no longer is gone"
    )


async def test_a_link_is_told_once_and_kept_as_a_hash(
    tenant: Tenant, http: httpx.AsyncClient, database: Database
) -> None:
    job, manager, same = await completed(tenant, database), tenant[Role.PROJECT_MANAGER], key()
    made = await share(manager, job, {"name": " For them "}, key=same)
    again = await manager.post(f"/share/jobs/{job.id}/share", {"name": " For them "}, same)
    assert (again.status_code, again.json()["id"]) == (409, made["id"])
    assert made["token"] not in again.text
    assert made["name"] == "For them"
    other = await share(manager, job)
    assert len({made["token"], other["token"]}) == 2 and len(made["token"]) >= 43
    listed = (await manager.get(f"/share/jobs/{job.id}/share")).json()
    assert [each["id"] for each in listed["items"]] == [other["id"], made["id"]]
    assert "token" not in listed["items"][0]
    async with database.begin() as session:
        row = await session.get_one(ShareToken, made["id"])
    assert made["token"] not in row.token_hash


async def test_who_shares(tenant: Tenant, stranger: Tenant, database: Database) -> None:
    job = await completed(tenant, database)
    made = await share(tenant[Role.PRODUCTION], job)
    for role in Role:
        may = role in (Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN)
        person, other = tenant[role], stranger[role]
        path = f"/share/jobs/{job.id}/share"
        assert (await person.post(path)).status_code == (201 if may else 403), role
        assert (await person.get(path)).status_code == (200 if may else 403), role
        if not may:
            assert (await person.delete(f"{path}/{made['id']}")).status_code == 403, role
        if role is not Role.ADMIN:
            assert (await other.post(path)).status_code == 404, role
            assert (await other.get(path)).status_code == 404, role
            assert (await other.delete(f"{path}/{made['id']}")).status_code == 404, role
    elsewhere = await completed(tenant, database)
    wrong = await tenant[Role.ADMIN].delete(f"/share/jobs/{elsewhere.id}/share/{made['id']}")
    assert wrong.status_code == 404, "another job's"


@pytest.mark.parametrize("end", ["revoked", "expired", "deleted"])
async def test_a_page_ends_at_once(
    end: str, tenant: Tenant, http: httpx.AsyncClient, database: Database
) -> None:
    job, manager = await completed(tenant, database), tenant[Role.PROJECT_MANAGER]
    made, path = await share(manager, job), f"/share/jobs/{job.id}/share"
    assert (await page(http, made["token"])).status_code == 200
    if end == "revoked":
        same = key()
        assert (await manager.delete(f"{path}/{made['id']}", same)).status_code == 204
        assert (await manager.delete(f"{path}/{made['id']}", same)).status_code == 204, "once, and so told"
        assert (await manager.delete(f"{path}/{made['id']}")).status_code == 404
    elif end == "expired":
        async with database.begin() as session:
            await session.execute(
                sa.update(ShareToken)
                .where(col(ShareToken.id) == made["id"])
                .values(expires_at=now() - timedelta(seconds=1))
            )
    else:
        assert (await manager.delete(f"/jobs/{job.id}")).status_code == 204
        async with database.begin() as session:  # as if it were restored
            await session.execute(sa.update(Job).where(col(Job.id) == job.id).values(deleted_at=None))
    gone = await page(http, made["token"])
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert (await manager.get(path)).json()["total"] == 0
    unknown = await page(http, made["token"][::-1])
    assert unknown.json() == gone.json(), "nobody learns whether there was one"


async def test_a_link_lives_as_long_as_is_said(tenant: Tenant, database: Database) -> None:
    job, manager = await completed(tenant, database), tenant[Role.PROJECT_MANAGER]
    until_then = now() + timedelta(days=100)
    made = await share(manager, job, {"expires_at": until_then.isoformat()})
    assert datetime.fromisoformat(made["expires_at"]) == until_then
    for moment in (now() - timedelta(seconds=1), now() + timedelta(days=367)):
        refused = await manager.post(f"/share/jobs/{job.id}/share", {"expires_at": moment.isoformat()})
        assert refused.status_code == 400


async def test_revoking_meets_a_view(tenant: Tenant, http: httpx.AsyncClient, database: Database) -> None:
    job, manager = await completed(tenant, database), tenant[Role.PROJECT_MANAGER]
    for _ in range(3):
        made = await share(manager, job)
        path = f"/share/jobs/{job.id}/share/{made['id']}"
        *revoked, _, _ = await asyncio.gather(
            manager.delete(path),
            tenant[Role.ADMIN].delete(path),
            *(page(http, made["token"]) for _ in range(2)),
        )
        assert sorted(each.status_code for each in revoked) == [204, 404]
        assert (await page(http, made["token"])).status_code == 404
        async with database.begin() as session:
            told = await session.scalars(
                sa.select(AuditEntry).where(
                    col(AuditEntry.thing_id) == made["id"], col(AuditEntry.action) == "share.revoke"
                )
            )
            assert [entry.before["job_id"] for entry in told] == [str(job.id)]


async def test_a_page_takes_as_many_statements_for_fifty_players(
    database: Database, http: httpx.AsyncClient, object_store: GoogleStorage
) -> None:
    await object_store.write("shared.vtt", VTT, "text/vtt")
    sent: list[int] = []
    for many in (1, 50):
        here = await make_tenant(database, http)
        rows = [delivered(f"a{chr(97 + number % 26)}-{number:03}") for number in range(many)]
        job = await completed(here, database, delivered=rows)
        made = await share(here[Role.PROJECT_MANAGER], job)
        with counted(database) as statements:
            shown = await page(http, made["token"])
        assert len(shown.json()["languages"]) == many
        sent.append(len(statements))
    assert sent[0] == sent[1]


async def test_who_tries_many_tokens_waits_and_who_watches_does_not(
    tenant: Tenant, database: Database, app: FastAPI
) -> None:
    made = await share(tenant[Role.PRODUCTION], await completed(tenant, database))
    transport = httpx.ASGITransport(app, client=("203.0.113.77", 1))
    with limited(app, address_attempts=3):
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as outside:
            watched = [(await page(outside, made["token"])).status_code for _ in range(5)]
            guessed = [(await page(outside, letter * 43)).status_code for letter in "ab"]
            between = [(await page(outside, made["token"])).status_code for _ in range(2)]
            on = [(await page(outside, letter * 43)).status_code for letter in "cde"]
            waits = await page(outside, made["token"])
    assert (watched, guessed, between) == ([200] * 5, [404] * 2, [200] * 2)
    assert on == [404, 429, 429]
    assert waits.status_code == 429, "a guess that is right is told no sooner"
    assert int(waits.headers["retry-after"]) > 0


async def test_what_is_kept_no_longer_is_shown_no_longer(
    tenant: Tenant, http: httpx.AsyncClient, database: Database
) -> None:
    video = delivered("es", "accessible_video_mp4", "shared.mp4")
    job = await completed(tenant, database, delivered=[delivered(), video])
    made = await share(tenant[Role.PROJECT_MANAGER], job)
    seen = []
    for part in (None, *Part):
        if part is not None:
            async with database.begin() as session:
                await retention.end(session, job.id, part)
        languages = (await page(http, made["token"])).json()["languages"]
        seen.append([each["language"] for each in languages])
    assert seen == [["en", "es"], ["en", "es"], ["en"], []]
    bare = await tenant.job(database)
    async with database.begin() as session:
        await retention.end(session, bare.id, Part.RENDERS)
        assert (await session.get_one(Job, bare.id, populate_existing=True)).delivered is None
