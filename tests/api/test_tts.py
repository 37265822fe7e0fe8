"""Previews of voices: held to the catalogue, spoken once, limited, and waited for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from schema.tables import AuditEntry
from tests.api.flow import key
from tests.api.people import Tenant, make_user, sign_in
from tests.fakes.steps import FakeSteps


def asked(**more: Any) -> dict[str, Any]:
    return {"text": f"A lighthouse {uuid4().hex}.", "language": "en", **more}


@pytest_asyncio.fixture(autouse=True)
async def _begin(steps: FakeSteps) -> None:
    steps.begin_test()


@pytest_asyncio.fixture
async def impatient(app: FastAPI) -> AsyncIterator[None]:
    """The API waits a second, and lets everybody hear three."""
    before: Parts = app.state.parts
    settings = before.settings.model_copy(update={"update_wait_s": 1.0, "preview_attempts": 3})
    app.state.parts = replace(before, settings=settings)
    yield
    app.state.parts = before


async def test_a_preview_is_spoken_once_whoever_asks(tenant: Tenant, steps: FakeSteps) -> None:
    body = asked(voice="en-us", provider="local")
    answers = await asyncio.gather(*(tenant[role].post("/tts/preview", body) for role in Role))
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    assert steps.calls["speak_preview"] == 1
    again = await tenant[Role.CLIENT].post("/tts/preview", {**body, "text": f"  {body['text']}\n"})
    assert (again.status_code, steps.calls["speak_preview"]) == (200, 1), "the same words"
    assert again.json()["content_type"] == "audio/mpeg"
    async with httpx.AsyncClient() as browser:
        heard = await browser.get(again.json()["url"])
    assert (heard.content, heard.headers["content-type"]) == (b"not sound", "audio/mpeg")
    await tenant[Role.CLIENT].post("/tts/preview", {**body, "voice": None})
    await tenant[Role.CLIENT].post("/tts/preview", {**body, "language": "en-GB"})
    assert steps.calls["speak_preview"] == 3, "another voice or language is another sound"


@pytest.mark.parametrize(("wrong", "field", "told"), [
    ({"voice": "es"}, "voice", "no voice es for en"),
    ({"voice": "Kore"}, "voice", "there is en-us"),
    ({"language": "fr"}, "provider", "does not speak fr"),
    ({"provider": "gemini"}, "provider", "not configured here"),
    ({"model": "flash"}, "model", "no model flash"),
])  # fmt: skip
async def test_what_nothing_here_speaks_is_refused(
    wrong: dict[str, str], field: str, told: str, tenant: Tenant, steps: FakeSteps
) -> None:
    refused = await tenant[Role.LINGUIST].post("/tts/preview", asked(**wrong))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field), refused.text
    assert told in refused.json()["detail"]
    assert steps.calls["speak_preview"] == 0


async def test_a_preview_has_three_hundred_characters_at_most(tenant: Tenant) -> None:
    person = tenant[Role.LINGUIST]
    for text, status in (("x" * 301, 422), (" ", 422), ("\u200b", 422), ("a\0b", 422), ("x" * 300, 200)):
        assert (await person.post("/tts/preview", asked(text=text))).status_code == status, repr(text)


async def test_whoever_waits_too_long_is_told_and_finds_it_later(
    impatient: None, tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    gate = steps.gates["speak_preview"] = asyncio.Event()
    person, body, same = tenant[Role.REVIEWER], asked(), key()
    late = await person.post("/tts/preview", body, same)
    assert (late.status_code, late.json()["code"]) == (503, "unavailable")
    assert int(late.headers["retry-after"]) > 0
    gate.set()
    async with asyncio.timeout(120):
        while (answer := await person.post("/tts/preview", body, same)).status_code == 503:
            await asyncio.sleep(0.1)
            steps.gates.clear()
    assert (answer.status_code, steps.calls["speak_preview"]) == (200, 1)
    async with database.begin() as session:
        told = await session.scalars(
            sa.select(AuditEntry).where(
                col(AuditEntry.actor_id) == person.id, col(AuditEntry.action) == "tts.preview"
            )
        )
        entries = [entry for entry in told if entry.after["characters"] == len(body["text"])]
    assert entries and all("text" not in entry.after for entry in entries)


async def test_a_voice_that_fails_is_asked_again_by_the_next_request(
    tenant: Tenant, steps: FakeSteps
) -> None:
    steps.failures["speak_preview"] = 1
    person, body = tenant[Role.REVIEWER], asked()
    failed = await person.post("/tts/preview", body)
    assert (failed.status_code, int(failed.headers["retry-after"])) == (503, 30)
    assert (await person.post("/tts/preview", body)).status_code == 200


async def test_a_voice_that_is_gone_is_said_to_be(tenant: Tenant, steps: FakeSteps) -> None:
    """It was in the catalogue when the API started, and no worker has it now: no later try would find it."""
    steps.failures["voice_gone"] = 1
    gone = await tenant[Role.REVIEWER].post("/tts/preview", asked(voice="en-us"))
    assert (gone.status_code, gone.json()["code"]) == (400, "invalid")
    assert gone.json()["detail"] == "The voice en-us is not here any more."


async def test_each_user_hears_so_many(
    impatient: None, tenant: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    first, other = [
        await sign_in(http, await make_user(database, Role.LINGUIST, tenant.org.id)) for _ in range(2)
    ]
    answers = [await first.post("/tts/preview", asked()) for _ in range(4)]
    assert [each.status_code for each in answers[:3]] == [200] * 3, [each.text for each in answers]
    assert (answers[3].status_code, int(answers[3].headers["retry-after"]) > 0) == (429, True)
    assert (await other.post("/tts/preview", asked())).status_code == 200
