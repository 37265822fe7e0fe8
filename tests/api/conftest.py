"""The API over real parts: the migrated database, Temporal, the object store, and workers whose steps take no time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from temporalio.client import Client

from activities.storage import GoogleStorage
from api import passwords
from api.main import create_app
from api.operations import health
from api.parts import Parts
from schema.db import Database
from tests.api.people import HASHER, Tenant, make_tenant
from tests.drafted import Drafted
from tests.factories import settings_for
from tests.fakes.catalog import CATALOG
from tests.fakes.steps import FakeSteps

ORIGIN = "https://studio.example.org"


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_HASHER", HASHER)
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def parts(
    postgres_url: str, database: Database, temporal_client: Client, object_store: GoogleStorage
) -> Parts:
    settings = settings_for(
        postgres_url, allowed_origins=(ORIGIN,), max_source_bytes=10_000_000, max_small_upload_bytes=5_000_000
    )
    return Parts(settings, database, temporal_client, object_store, CATALOG)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(parts: Parts) -> AsyncIterator[FastAPI]:
    application = create_app(parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(health, "LIMIT_S", 60.0)  # a part of a busy machine is slow, and there
        async with application.router.lifespan_context(application):
            yield application


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tenant(database: Database, http: httpx.AsyncClient) -> Tenant:
    """A tenant that the tests share; each makes jobs of its own."""
    return await make_tenant(database, http)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stranger(database: Database, http: httpx.AsyncClient) -> Tenant:
    """Another tenant, who may see nothing of the first."""
    return await make_tenant(database, http)


@pytest.fixture(scope="session")
def steps(fake_steps: FakeSteps) -> FakeSteps:
    return fake_steps


@pytest.fixture(scope="session")
def drafted(parts: Parts, steps: FakeSteps) -> Drafted:
    return Drafted(parts.database, parts.temporal, steps)


def new_key() -> str:
    return uuid4().hex
