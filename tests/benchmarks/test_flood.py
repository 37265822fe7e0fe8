"""One anonymous client cannot slow others: how long `/health/live` and a signed-in GET take while sixteen connections
send the largest bodies that open routes take."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace

import pytest
from fastapi import FastAPI

from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from tests.api.conftest import app, http, parts, tenant  # noqa: F401 - fixtures
from tests.api.people import Tenant
from tests.benchmarks.conftest import Compare
from tests.benchmarks.test_get_job import _served as served

pytestmark = pytest.mark.bench
AIM_MS = 100
_CONNECTIONS, _SECONDS, _COUNT = 16, 20, 60


async def _run(*arguments: object) -> str:
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.flood", *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await client.communicate()
    assert client.returncode == 0
    return said.decode()


async def test_one_anonymous_client_cannot_slow_others(
    app: FastAPI,  # noqa: F811
    tenant: Tenant,  # noqa: F811
    database: Database,
    ratio: Compare,
) -> None:
    shared: Parts = app.state.parts
    unlimited = {"login_attempts": 10**9, "account_attempts": 10**9, "address_attempts": 10**9}
    app.state.parts = replace(shared, settings=shared.settings.model_copy(update=unlimited))
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    paths = {"/health/live": "/health/live", "GET /jobs/{id}": f"/api/v1/jobs/{job.id}"}
    try:
        async with served(app) as port:
            calm = {
                name: float(await _run("probe", port, path, token, _COUNT)) for name, path in paths.items()
            }
            shouting = asyncio.create_task(_run("flood", port, _SECONDS, _CONNECTIONS))
            await asyncio.sleep(2)
            loud = dict(
                zip(
                    paths,
                    await asyncio.gather(
                        *(_run("probe", port, path, token, _COUNT) for path in paths.values())
                    ),
                    strict=True,
                )
            )
            told = json.loads(await shouting)
    finally:
        app.state.parts = shared
    assert set(told) <= {"401", "422"}, "each was read and answered"
    for name in paths:
        took = float(loud[name])
        print(
            f"\n{name}: {calm[name]:.1f} ms alone, {took:.1f} ms beside the flood ({sum(told.values())} requests)"
        )
        ratio(f"{name} beside a flood", took, AIM_MS, "ms", at_most=1)
