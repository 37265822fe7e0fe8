"""`make bench`: what guards, visibility and models cost, against a bare route that runs the same SQL."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from schema.db import Database
from schema.enums import Role
from tests.api.people import Tenant

AIM = 0.7
_REQUESTS = 300
_AT_ONCE = 8

Statement = tuple[Any, Any]
"""A statement as the session gets it, and its parameters."""


async def _get(app: FastAPI, path: str, token: str) -> bytes:
    """One request without a client's own cost."""
    sent: list[Any] = []
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"host", b"bench")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("bench", 80), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent[0]["status"] == 200
    return b"".join(message.get("body", b"") for message in sent[1:])


async def _per_second(app: FastAPI, path: str, token: str) -> float:
    left = iter(range(_REQUESTS))

    async def ask() -> None:
        for _ in left:
            await _get(app, path, token)

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(_AT_ONCE)))
    return _REQUESTS / (time.perf_counter() - began)


async def _statements(database: Database, call: Callable[[], Awaitable[Any]]) -> list[Statement]:
    """What one request asks of the session."""
    seen: list[Statement] = []

    def note(asked: ORMExecuteState) -> None:
        seen.append((asked.statement, asked.parameters))

    event.listen(Session, "do_orm_execute", note)
    await call()
    event.remove(Session, "do_orm_execute", note)
    return seen


@pytest.mark.bench
async def test_get_job_against_a_bare_route_with_the_same_sql(
    app: FastAPI, tenant: Tenant, database: Database
) -> None:
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    path = f"/api/v1/jobs/{job.id}"
    statements = await _statements(database, lambda: _get(app, path, token))
    assert len(statements) == 3, "the user, the job, and its languages with what was made of them"
    body = json.loads(await _get(app, path, token))
    bare = FastAPI()

    @bare.get("/api/v1/jobs/{job_id}")
    async def get_job(job_id: UUID) -> dict[str, Any]:
        async with database.sessions() as session:
            for statement, parameters in statements:
                (await session.execute(statement, parameters)).all()
        return dict(body)

    ratios, rates = [], []
    for _ in range(5):
        floor = await _per_second(bare, path, token)
        rates.append(await _per_second(app, path, token))
        ratios.append(rates[-1] / floor)
    middle = sorted(ratios)[len(ratios) // 2]
    print(
        f"\nGET /jobs/{{id}}: {len(statements)} statements, {max(rates):.0f} a second, "
        f"{middle:.2f} of a bare route (aim {AIM})"
    )
    assert middle > AIM / 2, "far off"
