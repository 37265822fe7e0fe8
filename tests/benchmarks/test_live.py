"""How soon 1,000 sockets on this machine have heard 20 events, and how long an unrelated GET takes meanwhile."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.main import create_app
from api.parts import Parts
from api.tokens import issue_access
from schema.db import Database
from schema.enums import Role
from schema.queries import events
from schema.tables import Job, Membership, User
from tests.api.conftest import app as app
from tests.api.conftest import http, parts, tenant  # noqa: F401 - fixtures
from tests.api.people import Tenant
from tests.benchmarks.conftest import Compare

pytestmark = pytest.mark.bench
_EVENTS, _USERS = 20, 200
_WITHIN_S, _LONGEST_S = 1.0, 120


@asynccontextmanager
async def _served(application: FastAPI) -> AsyncIterator[int]:
    """The port on which it answers, as `deploy.serve` has it."""
    config = uvicorn.Config(
        application,
        port=0,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task


async def _people(database: Database, tenant: Tenant, parts: Parts) -> list[str]:  # noqa: F811
    """The tokens of users who all see the tenant's jobs."""
    users = [
        User(id=uuid4(), email=f"{uuid4().hex}@example.org", name="Watcher", role=Role.PRODUCTION)
        for _ in range(_USERS)
    ]
    async with database.begin() as session:
        session.add_all(users)
        await session.flush()
        session.add_all([Membership(org_id=tenant.org.id, user_id=user.id) for user in users])
    return [issue_access(parts.settings, user, uuid4()) for user in users]


async def _burst(
    port: int, sockets: int, tokens: list[str], database: Database, job: Job
) -> tuple[float, float, list[float]]:
    """Seconds until every socket has heard all events, those of this process's CPU, and those that requests took
    meanwhile."""
    arguments = (str(port), str(sockets), str(_EVENTS))
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.watch", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert watching.stdin is not None
    assert watching.stdout is not None
    watching.stdin.write("\n".join(tokens).encode())
    watching.stdin.close()
    assert await asyncio.wait_for(watching.stdout.readline(), _LONGEST_S) == b"ready\n"
    took: list[float] = []

    async def ask() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1") as client:
            while True:
                asked = time.perf_counter()
                answer = await client.get(f"/jobs/{job.id}", headers={"Authorization": f"Bearer {tokens[0]}"})
                assert answer.status_code == 200
                took.append(time.perf_counter() - asked)
                await asyncio.sleep(0.01)

    asking = asyncio.create_task(ask())
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(_EVENTS):
        async with database.begin() as session:
            await events.record(session, job_id=job.id, org_id=job.org_id, type="status", data={"n": number})
    assert await asyncio.wait_for(watching.stdout.readline(), _LONGEST_S) == b"heard\n"
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    asking.cancel()
    await watching.wait()
    return seconds, spent, took


async def test_sockets(
    parts: Parts,  # noqa: F811
    tenant: Tenant,  # noqa: F811
    database: Database,
    ratio: Compare,
) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    job = await tenant.job(database)
    tokens = await _people(database, tenant, parts)
    async with _served(create_app(parts)) as port:
        alone, _, calm = await _burst(port, 1, tokens, database, job)
        for sockets in (150, 1_000):
            seconds, spent, took = await _burst(port, sockets, tokens, database, job)
            ratio(
                f"{sockets:,} sockets hear {_EVENTS} events: against a second",
                seconds,
                _WITHIN_S,
                "s",
                at_most=1,
            )
            ratio("  CPU of the process meanwhile", spent, _WITHIN_S, "s", at_most=1)
            ratio("  against one socket", seconds, alone, "s")
            ratio("  a GET meanwhile, against one socket", 1000 * median(took), 1000 * median(calm), "ms")
            ratio("  the slowest GET", 1000 * max(took), 1000 * max(calm), "ms")
