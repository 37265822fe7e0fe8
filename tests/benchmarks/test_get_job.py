"""What guards, visibility and models cost: `GET /jobs/{id}` a second, against bare FastAPI routes with the same SQL.

Each application is served by the same uvicorn in this process with the same pool of connections, and asked from
another process over eight connections that stay open. One rival runs the same statements in the same session; the
other has them as text and takes rows as the driver gives them, so that SQLAlchemy's mapping counts as ours.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from schema.db import Database
from schema.enums import Role
from tests.api.conftest import app, http, parts, tenant  # noqa: F401 - fixtures
from tests.api.people import Tenant
from tests.benchmarks.conftest import Compare

pytestmark = pytest.mark.bench
AIM = 0.7
_ROUNDS, _REQUESTS, _AT_ONCE = 7, 500, 8

Statements = Sequence[tuple[Any, Any]]
"""With their parameters."""


@asynccontextmanager
async def _noted(sql: Database) -> AsyncIterator[tuple[list[Any], list[Any]]]:
    """What is asked while the block runs: of the session, and of the driver."""
    asked: list[Any] = []
    sent: list[Any] = []

    def note_asked(state: ORMExecuteState) -> None:
        asked.append((state.statement, state.parameters))

    def note_sent(_c: Any, _cursor: Any, text: str, parameters: Any, _x: Any, _many: bool) -> None:
        sent.append((text, tuple(parameters)))

    engine = sql.engine.sync_engine
    event.listen(Session, "do_orm_execute", note_asked)
    event.listen(engine, "before_cursor_execute", note_sent)
    try:
        yield asked, sent
    finally:
        event.remove(Session, "do_orm_execute", note_asked)
        event.remove(engine, "before_cursor_execute", note_sent)


def _same_session(sql: Database, statements: Statements, body: dict[str, Any]) -> FastAPI:
    bare = FastAPI()

    @bare.get("/api/v1/jobs/{job_id}")
    async def get_job(job_id: UUID) -> dict[str, Any]:
        async with sql.sessions() as session:
            for statement, parameters in statements:
                (await session.execute(statement, parameters)).all()
        return body

    return bare


def _text(sql: Database, statements: Statements, body: dict[str, Any]) -> FastAPI:
    bare = FastAPI()

    @bare.get("/api/v1/jobs/{job_id}")
    async def get_job(job_id: UUID) -> dict[str, Any]:
        async with sql.sessions() as session:
            connection = await session.connection()
            for statement, parameters in statements:
                (await connection.exec_driver_sql(statement, parameters)).all()
        return body

    return bare


@asynccontextmanager
async def _served(application: FastAPI) -> AsyncIterator[int]:
    """The port on which it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield int(listener.getsockname()[1])
        server.should_exit = True
        await task


async def _per_second(port: int, path: str, token: str) -> float:
    arguments = (str(port), path, token, str(_REQUESTS), str(_AT_ONCE))
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.ask", *arguments), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await client.communicate()
    assert client.returncode == 0
    return float(said)


async def test_get_job(
    app: FastAPI,  # noqa: F811
    tenant: Tenant,  # noqa: F811
    database: Database,
    ratio: Compare,
) -> None:
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    path = f"/api/v1/jobs/{job.id}"
    transport = httpx.ASGITransport(app)
    async with _noted(database) as (asked, sent), httpx.AsyncClient(transport=transport) as client:
        answer = await client.get(f"http://api.test{path}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    body = answer.json()
    rivals = (_same_session(database, asked, body), _text(database, sent, body))
    async with AsyncExitStack() as running:
        ports = [await running.enter_async_context(_served(each)) for each in (app, *rivals)]
        rounds = [[await _per_second(port, path, token) for port in ports] for _ in range(_ROUNDS)]
    name = f"GET /jobs/{{id}} ({len(sent)} statements)"
    ours, rival = _median([(each[0], each[1]) for each in rounds])
    ratio(name, ours, rival, "/s", at_least=AIM)
    ratio(f"{name}, as text", *_median([(each[0], each[2]) for each in rounds]), "/s")


def _median(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """The pair in the middle by its ratio: a machine that is busy for a moment is busy for both."""
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
