"""What guards, visibility and models cost: `GET /jobs/{id}` a second, against a bare route that runs the same SQL.

Both are served by uvicorn on uvloop in a process of their own, with the same pool of connections, and asked over
eight connections that stay open.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from deploy.local import programs
from deploy.local.service import Service
from deploy.local.supervisor import Supervisor
from schema.db import Database
from schema.enums import Role
from tests.api.conftest import app, database, http, parts, tenant  # noqa: F401 - fixtures
from tests.api.people import Tenant
from tests.benchmarks.bare_api import Replay
from tests.benchmarks.conftest import Compare
from tests.factories import settings_for

pytestmark = pytest.mark.bench
AIM = 0.7
_ROUNDS, _REQUESTS, _AT_ONCE = 7, 800, 8


async def _replay(served: FastAPI, sql: Database, path: str, token: str) -> Replay:
    """What one request does and answers."""
    seen: list[tuple[str, tuple[Any, ...]]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        seen.append((statement, tuple(parameters)))

    engine = sql.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(served), base_url="http://api.test"
        ) as client:
            answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert answer.status_code == 200
    return Replay(seen, answer.json())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _environment(postgres_url: str, storage_endpoint: str, signing_key: Path) -> dict[str, str]:
    """Settings under which the tokens of the test's own application are good."""
    return {
        "ENVIRONMENT": "test",
        "DATABASE_URL": postgres_url,
        "JWT_SECRET": settings_for(postgres_url).jwt_secret.get_secret_value(),
        "COOKIE_SECURE": "false",
        "STORAGE_ENDPOINT": storage_endpoint,
        "STORAGE_SIGNING_KEY": str(signing_key),
        **{f"{step}_PROVIDER": "local" for step in ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE")},
    }


async def _per_second(port: int, path: str, token: str) -> float:
    """Requests that are answered in a second. The client is a few lines, so that it is no bottleneck."""
    asked = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    left = iter(range(_REQUESTS))

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(asked)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200"), head
            await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(_AT_ONCE)))
    return _REQUESTS / (time.perf_counter() - began)


async def test_get_job(
    app: FastAPI,  # noqa: F811
    tenant: Tenant,  # noqa: F811
    database: Database,  # noqa: F811
    postgres_url: str,
    storage_endpoint: str,
    storage_signing_key: Path,
    supervisor: Supervisor,
    tmp_path: Path,
    ratio: Compare,
) -> None:
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    path = f"/api/v1/jobs/{job.id}"
    replay = await _replay(app, database, path, token)
    file = tmp_path / "replay.pickle"
    file.write_bytes(pickle.dumps(replay))
    env = _environment(postgres_url, storage_endpoint, storage_signing_key)
    ours, bare = _free_port(), _free_port()
    api = programs.api(env, ours)
    argv = (sys.executable, "-m", "tests.benchmarks.bare_api", str(bare), str(file))
    await supervisor.start(
        api, Service("bare", argv, env=api.env, ready=lambda: asyncio.to_thread(_answers, bare))
    )
    pairs = []
    for _ in range(_ROUNDS):
        floor = await _per_second(bare, path, token)
        pairs.append((await _per_second(ours, path, token), floor))
    got, floor = sorted(pairs, key=lambda pair: pair[0] / pair[1])[_ROUNDS // 2]
    ratio(f"GET /jobs/{{id}} ({len(replay.statements)} statements)", got, floor, "/s", at_least=AIM)


def _answers(port: int) -> None:
    httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=2).raise_for_status()
