"""What a request may bring, over all routes: nothing is read that a route does not take."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext
from starlette.types import Message

from api.bodies.base import PROSE, SMALL, Body
from api.intake import FORM, JSON, Intake, Route, read_json
from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from schema.errors import PlatformError, TooLarge, Unreadable
from tests.api.people import Person, Tenant, make_user, sign_in
from tests.api.test_contract import methods, routes

PIECE = 64 * 1024
EXAMPLES = {"lang": "es", "language": "es", "version": "1", "cue_index": "0"}


@dataclass
class Sent:
    """What came of a request, and how much of its body was read."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    read: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: FastAPI, method: str, path: str, headers: dict[str, str], pieces: Iterator[bytes] = iter(())
) -> Sent:
    """A request whose body is asked for piece by piece."""
    sent = Sent()

    async def receive() -> Message:
        piece = next(pieces, None)
        sent.read += len(piece or b"")
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.status = message["status"]
            sent.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        sent.body += message.get("body", b"")

    raw, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": raw,
        "raw_path": raw.encode(), "query_string": query.encode(), "scheme": "http", "server": ("api.test", 80),
        "client": ("127.0.0.1", 1), "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await app(scope, receive, send)
    return sent


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * PIECE


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


def place(route: RouteContext) -> str:
    assert route.path is not None
    path = re.sub(r"\{(\w+)\}", lambda found: EXAMPLES.get(found[1], str(uuid4())), route.path)
    return path + ("?lang=es&kind=captions" if "/vtt" in path else "")


def takers(app: FastAPI) -> Iterator[tuple[str, str, Intake]]:
    """Every method of every route, where to send it, and what it takes."""
    for route in routes(app):
        if isinstance(route.original_route, APIRoute):
            for method in methods(route):
                yield method, place(route), Intake.of(route.original_route)


def test_every_route_bounds_what_it_takes(app: FastAPI) -> None:
    kinds = {
        type(route.original_route)
        for route in routes(app)
        if isinstance(route.original_route, APIRoute) and not isinstance(route.original_route, Route)
    }
    assert kinds == set()


async def test_nobody_is_read_before_their_token_is_looked_at(app: FastAPI) -> None:
    for method, path, intake in takers(app):
        if not intake.signed_in:
            continue
        for token in (None, "nonsense", "e" * 60_000):
            headers = {"Content-Type": intake.media_type or JSON, "Transfer-Encoding": "chunked"}
            if token:
                headers["Authorization"] = f"Bearer {token}"
            sent = await ask(app, method, path, headers, endless())
            assert (sent.status, sent.read) == (401, 0), (method, path)


async def test_another_type_is_refused_unread(app: FastAPI, tenant: Tenant) -> None:
    for method, path, intake in takers(app):
        kinds = {
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            JSON,
            "",
        }
        kinds -= {JSON} if intake.media_type != FORM else {"multipart/form-data; boundary=x"}
        for kind in kinds:
            headers = {**bearer(tenant[Role.ADMIN]), "Content-Type": kind, "Transfer-Encoding": "chunked"}
            sent = await ask(app, method, path, headers, endless())
            assert (sent.status, sent.read) == (415, 0), (method, path, kind)
            assert sent.json["code"] == "wrong_type"


async def test_what_says_that_it_is_too_large_is_refused_unread(
    app: FastAPI, tenant: Tenant, parts: Parts
) -> None:
    for method, path, intake in takers(app):
        for length in (intake.limit(parts.settings) + 1, 10**30):
            headers = {
                **bearer(tenant[Role.ADMIN]),
                "Content-Type": _type(intake),
                "Content-Length": str(length),
            }
            sent = await ask(app, method, path, headers, endless())
            assert (sent.status, sent.read) == (413, 0), (method, path)
            assert (sent.json["code"], sent.headers["connection"]) == ("too_large", "close")


async def test_what_does_not_say_how_large_it_is_is_counted(
    app: FastAPI, http: httpx.AsyncClient, database: Database, parts: Parts
) -> None:
    # Not the tenant's, for one of these routes ends all sign-ins of who calls it.
    admin = await sign_in(http, await make_user(database, Role.ADMIN))
    for method, path, intake in takers(app):
        reads = intake.media_type is not None or method != "GET"
        headers = {
            **bearer(admin),
            "Content-Type": _type(intake),
            "Transfer-Encoding": "chunked",
            "Idempotency-Key": uuid4().hex,
        }
        pieces = _endless_form() if intake.media_type == FORM else endless()
        sent = await ask(app, method, path, headers, pieces)
        assert sent.read <= intake.limit(parts.settings) + PIECE, (method, path)
        if intake.media_type is not None and reads:
            assert (sent.status, sent.json["code"]) == (413, "too_large"), (method, path)


def _type(intake: Intake) -> str:
    return "multipart/form-data; boundary=x" if intake.media_type == FORM else JSON


def _endless_form() -> Iterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="v.mp4"\r\n\r\n'
    yield from endless()


SHEETS = {("POST", "/glossaries"), ("POST", "/glossaries/*/versions")}
MANY_IDS = {
    ("DELETE", "/jobs/bulk"),
    ("POST", "/batches"),
    ("POST", "/production/bulk-retry"),
    ("POST", "/production/schedules"),
    *(
        ("POST", f"/jobs/bulk/{what}")
        for what in ("approve", "complete", "download", "reject-final", "return-to-qc")
    ),
}
"""Of ten thousand jobs, or a filter of as many."""


def test_only_texts_sheets_and_many_ids_make_a_body_large(app: FastAPI) -> None:
    large = {
        (method, re.sub(r"[0-9a-f-]{36}", "*", path.partition("?")[0].removeprefix("/api/v1")))
        for method, path, intake in takers(app)
        if intake.max_bytes is None or intake.max_bytes > PROSE
    }
    assert large == {
        ("POST", "/jobs"),
        ("POST", "/jobs/upload/complete"),
        ("PATCH", "/jobs/*/vtt"),
        ("POST", "/jobs/*/vtt/check"),
        ("POST", "/production/jobs/*/upload-final-vtt"),
        *SHEETS,
        *MANY_IDS,
    }


def _bodies() -> Iterator[type[Body]]:
    left = [Body]
    while left:
        kinds = left.pop().__subclasses__()
        left += kinds
        yield from kinds


def test_every_body_may_be_as_large_as_its_fields() -> None:
    for kind in _bodies():
        schema = kind.model_json_schema()
        most = sum(
            max((each.get("maxLength", 0) for each in (prop, *prop.get("anyOf", ()))), default=0)
            for prop in schema["properties"].values()
        )
        assert kind.max_bytes >= 4 * most or kind.parsed, kind


async def test_what_is_wrong_is_told_in_a_few_words(
    app: FastAPI, http: httpx.AsyncClient, tenant: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    admin = await sign_in(http, tenant[Role.ADMIN].user)  # the tests of every route sign people out
    junk = b",".join(b'"k%d":1' % number for number in range(1500))
    hostile = [
        b"{" + junk + b"}",
        b'{"requested_outputs":{' + junk + b"}}",
        b'{"requested_outputs":{"languages":[' + b",".join([b"1"] * 900) + b"]}}",
        b'{"requested_outputs":{"languages":["' + b"x" * 12_000 + b'"]}}',
        b'{"' + b"k" * 12_000 + b'":1}',
        b'{"email":"' + b"x" * 12_000 + b'","password":"x"}',
        b"[" * 8_000,
        b'{"a":' * 3_000,
        b"1" * 16_000,
        b'{"title":' + b"9" * 4_000 + b"}",
        b'{"title":1e400}',
        b'{"title":NaN}',
        b'{"title":"\\ud800"}',
        b'{"title":"\xff"}',
        b"{",
        b'"',
        b"null",
        b"[]",
    ]
    for method, path in (("POST", "/api/v1/auth/login"), ("PATCH", f"/api/v1/jobs/{job.id}")):
        for raw in hostile:
            headers = {**bearer(admin), "Content-Type": JSON, "Content-Length": str(len(raw))}
            sent = await ask(app, method, path, headers, iter([raw]))
            assert sent.status == 422, raw[:60]
            assert len(sent.body) < 16_000, raw[:60]
            assert len(sent.json.get("errors", ())) <= 20, raw[:60]
            assert all(error["field"] and error["message"] for error in sent.json["errors"]), raw[:60]


@pytest.mark.parametrize(
    "raw", [b"{", b'{"a":1,}', b"\xff\xfe{}", b"{'a': 1}", b'{"a": "\\ud800"}', b"[" * 300]
)
def test_what_is_no_json_is_told_with_its_place(raw: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(raw)
    assert refused.value.errors[0].field == "body"
    assert "line 1 column" in refused.value.message


def test_a_large_body_is_large_by_its_texts() -> None:
    text = json.dumps({"content": 'A "quoted" line\n' * 300_000, "base_version": 1}).encode()
    assert read_json(text)["base_version"] == 1
    many = b"{" + b",".join(b'"k%d":1' % number for number in range(100_000)) + b"}"
    quotes = b"[" + b'"",' * 100_000 + b'""]'
    for raw in (many, quotes, b"[" + b"1," * 100_000 + b"1]", b" " * 100_000, b'{"a":' * 20_000):
        with pytest.raises(TooLarge):
            read_json(raw)
    with pytest.raises(PlatformError):
        read_json(b'{"a": "' + b'\\"' * SMALL)


async def test_a_client_that_leaves_is_no_error_of_ours(app: FastAPI, tenant: Tenant) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    headers = {**bearer(tenant[Role.ADMIN]), "Content-Type": JSON, "Content-Length": "10"}
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/jobs/upload/init", "query_string": b"", "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    await app(scope, gone, send)
    assert answers[0]["status"] == 400


async def test_files_go_to_disk(app: FastAPI, tenant: Tenant) -> None:
    """A form with more fields than there are, or whose text is no text, is refused early."""

    async def refused(*parts: bytes) -> Sent:
        headers = {
            **bearer(tenant[Role.ADMIN]),
            "Content-Type": "multipart/form-data; boundary=x",
            "Transfer-Encoding": "chunked",
        }
        return await ask(app, "POST", "/api/v1/jobs", headers, iter(parts))

    part = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    many = await refused(*[part + b"x\r\n"] * 20, b"--x--\r\n")
    assert (many.status, many.json["code"]) == (422, "unreadable")
    long = await refused(part, *[b"x" * PIECE] * 100, b"\r\n--x--\r\n")
    assert (long.status, long.json["code"]) == (422, "unreadable")
    assert long.read <= 100 * PIECE
    broken = await refused(b"--y\r\nnonsense")
    assert (broken.status, broken.json["code"]) == (422, "unreadable")
