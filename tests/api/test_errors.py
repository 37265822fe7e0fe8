"""Every error reads alike, and none says more than it should."""

from __future__ import annotations

import logging
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from api.errors import STATUS, status_of
from api.middleware import RequestIds
from api.parts import Parts
from schema import errors
from schema.db import Database
from schema.enums import Role
from schema.tables import User
from tests.api.conftest import ORIGIN
from tests.api.people import Tenant
from tests.factories import settings_for


async def test_validation_is_one_sentence_with_fields(tenant: Tenant) -> None:
    answer = await tenant[Role.CLIENT].post(
        "/jobs/upload/complete", {"gcs_uri": "x", "requested_outputs": {"languages": ["english!"]}}
    )
    assert answer.status_code == 422
    body = answer.json()
    assert isinstance(body["detail"], str)
    assert body["code"] == "unprocessable"
    fields = {error["field"] for error in body["errors"]}
    assert {"filename", "requested_outputs.languages.0"} <= fields


async def test_what_the_framework_answers_has_the_same_shape(http: httpx.AsyncClient, tenant: Tenant) -> None:
    missing = await http.get("/api/v1/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    method = await http.put("/api/v1/jobs")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")
    broken = await tenant[Role.CLIENT].ask(
        "POST", "/jobs/upload/init", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert broken.status_code == 422
    assert isinstance(broken.json()["detail"], str)


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
)
def test_every_error_class_has_a_status(kind: type[Exception]) -> None:
    if kind is not errors.PlatformError:
        assert any(issubclass(kind, known) for known in STATUS), kind


def test_a_subclass_has_its_nearest_status() -> None:
    assert status_of(errors.TextRefused("x")) == 400
    assert status_of(errors.PlatformError("x")) == 500


async def test_what_nobody_expected_says_an_id_and_no_more(app: FastAPI, tenant: Tenant) -> None:
    parts: Parts = app.state.parts

    class Broken:
        async def healthy(self) -> bool:
            raise ZeroDivisionError("the secret is 42")

    app.state.parts = replace(parts, store=Broken())  # type: ignore[arg-type]
    try:
        answer = await tenant[Role.ADMIN].get(
            "/health/ready", headers={"Origin": ORIGIN, "X-Request-ID": "mine-1"}
        )
    finally:
        app.state.parts = parts
    assert answer.status_code == 500
    assert answer.json()["request_id"] == "mine-1"
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "42" not in answer.text


async def test_without_a_database_the_answer_is_503(app: FastAPI, tenant: Tenant) -> None:
    parts: Parts = app.state.parts
    away = Database.connect(settings_for("postgresql+asyncpg://nobody:x@127.0.0.1:1/none"))
    app.state.parts = replace(parts, database=away)
    try:
        token = tenant[Role.ADMIN].token
        answer = await tenant[Role.ADMIN].http.get(
            "/api/v1/jobs", headers={"Authorization": f"Bearer {token}"}
        )
        ready = await tenant[Role.ADMIN].http.get("/health/ready")
        live = await tenant[Role.ADMIN].http.get("/health/live")
    finally:
        app.state.parts = parts
        await away.close()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert live.status_code == 200


async def test_a_character_that_no_text_can_hold_is_the_senders_mistake(
    http: httpx.AsyncClient, tenant: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    person = tenant[Role.PRODUCTION]
    answers = [
        await person.patch(f"/jobs/{job.id}", {"title": "An\x00end"}),
        await person.post(f"/language-qc/jobs/{job.id}/languages/en/comments", {"text": "An\x00end"}),
        await person.post(f"/jobs/{job.id}/actions/blocked_on_source", {"reason": "An\x00end"}),
        await http.post("/api/v1/auth/login", json={"email": "an\x00end@example.org", "password": "x"}),
        await person.post(
            "/jobs",
            files={"file": ("clip.webm", b"video", "video/webm")},
            data={"source_language": "en", "requested_outputs": "{}", "title": "An\x00end"},
        ),
    ]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert {"U+0000" in answer.json()["detail"] for answer in answers} == {True}


async def test_half_a_character_is_the_senders_mistake(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database)
    bodies = [
        b'{"requested_outputs": {"tts_preferences": {"voices": {"\\ud800": "es"}}}}',
        b'{"requested_outputs": {"dubs": {"es": "\\udfff"}}}',
        b'{"\\ud800": "\\u0000"}',
        b'{"title": "\\ud800"}',
    ]
    for body in bodies:
        headers = {"Content-Type": "application/json"}
        answer = await tenant[Role.PRODUCTION].ask("PATCH", f"/jobs/{job.id}", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "unreadable"), body


async def test_what_people_send_is_not_in_the_databases_errors(database: Database, tenant: Tenant) -> None:
    twin = User(email=tenant[Role.CLIENT].user.email, name="Twin", role=Role.CLIENT, password_hash="a secret")
    with pytest.raises(IntegrityError) as refused:
        async with database.begin() as session:
            session.add(twin)
    told = str(refused.value)
    assert "a secret" not in told
    assert "INSERT INTO users" in told


async def test_ready_asks_every_part(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": True, "temporal": True, "storage": True}


async def test_browsers_of_our_origins_may_ask_and_others_may_not(http: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "idempotency-key"}
    ours = await http.options("/api/v1/jobs", headers={"Origin": ORIGIN, **asked})
    assert ours.headers["access-control-allow-origin"] == ORIGIN
    assert ours.headers["access-control-allow-credentials"] == "true"
    read = await http.get("/api/v1/health/live", headers={"Origin": ORIGIN})
    told = read.headers["access-control-expose-headers"].split(", ")
    assert {"Content-Disposition", "ETag", "Location", "Retry-After", "X-Request-ID"} <= set(told)
    other = await http.options("/api/v1/jobs", headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in other.headers


async def test_voices_are_those_of_the_catalog(tenant: Tenant) -> None:
    person = tenant[Role.LINGUIST]
    voices = (await person.get("/tts/voices?language=es")).json()["providers"]
    assert [[voice["id"] for voice in each["voices"]] for each in voices] == [["es"]]
    languages = (await person.get("/tts/languages")).json()["languages"]
    assert [each["code"] for each in languages] == ["de", "en", "es"]
    options = (await person.get("/tts/options")).json()
    assert options["default_provider"] == "local"
    assert options["providers"][0]["voices"] == ["en-us", "es"]


@pytest.mark.parametrize("begun", [False, True])
async def test_a_client_that_hangs_up_is_no_error_of_ours(
    caplog: pytest.LogCaptureFixture, begun: bool
) -> None:
    sent: list[str] = []

    async def gone(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ClientDisconnect

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/api/v1/jobs", "headers": []}
    with caplog.at_level(logging.INFO, logger="api"):
        await RequestIds(gone)(scope, receive, send)
    assert sent == (["http.response.start"] if begun else [])
    assert [(each.levelname, "hung up" in each.getMessage()) for each in caplog.records] == [("INFO", True)]
