"""The API over real parts: the migrated database, Temporal, the object store, and workers whose steps take no time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.worker import Worker

from activities.errors import ClassifyErrors
from activities.records import RecordActivities
from activities.storage import GoogleStorage
from api.main import create_app
from api.parts import Parts
from schema.contracts.providers import (
    CatalogVoice,
    ProviderCatalog,
    StepCatalog,
    TranslationCatalog,
    VoiceCatalog,
)
from schema.db import Database
from schema.enums import Provider, VoiceProvider
from tests.api.people import Tenant, make_tenant
from tests.factories import settings_for
from tests.fakes.steps import FakeSteps
from workflows import names
from workflows.job import JobWorkflow
from workflows.language import LanguageWorkflow

ORIGIN = "https://studio.example.org"
CATALOG = ProviderCatalog(
    transcribe=StepCatalog(
        provider=Provider.LOCAL, languages=("en",), remedy="Set TRANSCRIBE_PROVIDER=google."
    ),
    describe=StepCatalog(provider=Provider.LOCAL, languages=("en",), remedy="Set DESCRIBE_PROVIDER=google."),
    translate=TranslationCatalog(
        provider=Provider.LOCAL,
        pairs=(("en", "es"), ("en", "de")),
        remedy="Install the Apertium pair {source}-{target}, or set TRANSLATE_PROVIDER=google.",
    ),
    voices=(
        VoiceCatalog(
            provider=VoiceProvider.LOCAL,
            languages=("en", "es", "de"),
            voices=(
                CatalogVoice(id="en-us", name="English", languages=("en",)),
                CatalogVoice(id="es", name="Spanish", languages=("es",)),
            ),
        ),
    ),
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres_url: str) -> AsyncIterator[Database]:
    connected = Database.connect(settings_for(postgres_url))
    yield connected
    await connected.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def parts(
    postgres_url: str, database: Database, temporal_client: Client, object_store: GoogleStorage
) -> Parts:
    settings = settings_for(postgres_url, allowed_origins=(ORIGIN,), max_source_bytes=10_000_000)
    return Parts(settings, database, temporal_client, object_store, CATALOG)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(parts: Parts) -> AsyncIterator[FastAPI]:
    application = create_app(parts)
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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def steps(
    temporal_client: Client, database: Database, object_store: GoogleStorage
) -> AsyncIterator[FakeSteps]:
    """Workers on every queue: real workflows and records, steps that take no time."""
    fakes = FakeSteps(database, object_store)
    records = RecordActivities(database, object_store, "netflix")
    of_queue: dict[str, list[Any]] = {
        names.Queue.RECORDS: [
            records.project_job,
            records.project_language,
            records.pin_texts,
            records.unlock_texts,
            records.ensure_source_text,
            records.publish_texts,
            records.verify_assets,
        ],
    }
    async with AsyncExitStack() as stack:
        for queue in names.Queue:
            is_jobs = queue is names.Queue.JOBS
            await stack.enter_async_context(
                Worker(
                    temporal_client,
                    task_queue=queue.value,
                    workflows=[JobWorkflow, LanguageWorkflow] if is_jobs else [],
                    activities=[] if is_jobs else of_queue.get(queue, fakes.activities()),
                    interceptors=[ClassifyErrors()],
                )
            )
        yield fakes


def new_key() -> str:
    return uuid4().hex
