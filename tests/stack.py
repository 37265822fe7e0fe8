"""Real parts for tests: each fixture starts only what it needs, on free ports, once a session.

`postgres` is a server, `postgres_url` a migrated database on it, `clean_database` another that is emptied before the
test; `temporal_client` talks to a dev server of its own; `object_store` to an object store of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from temporalio.client import Client

from activities.storage import GoogleStorage
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import Postgres
from deploy.local.programs import migrations, storage
from deploy.local.storage.app import SIGNING_KEY
from deploy.local.supervisor import Supervisor
from deploy.local.temporal import ensure
from deploy.local.temporal_server import temporal_service
from workflows.converter import data_converter

PASSWORD = "test-password"
TEMPLATE = "migrated"
TEST_BUCKET = "accessible-video-test"


# Deleting from small tables is far quicker than truncating them; triggers and foreign keys sleep meanwhile.
_EMPTY = """
do $$
declare name text;
begin
    set local session_replication_role = replica;
    for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
        execute format('delete from public.%I', name);
    end loop;
end $$
"""


@contextmanager
def data_folder(name: str) -> Iterator[Path]:
    """A folder for a stack. Not pytest's own, which Postgres could not reach where we are root."""
    with tempfile.TemporaryDirectory(prefix=f"accessible-video-{name}-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="session")
def stack_folder() -> Iterator[Path]:
    with data_folder("test") as folder:
        yield folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def supervisor(stack_folder: Path) -> AsyncIterator[Supervisor]:
    """What starts the parts, and stops them at the end of the session."""
    running = Supervisor(stack_folder / "logs")
    yield running
    await running.stop()


@pytest.fixture(scope="session")
def stack_ports() -> Ports:
    return Ports.free().settle()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(stack_folder: Path, supervisor: Supervisor, stack_ports: Ports) -> Postgres:
    """A server. `postgres.dsn(name)` is the URL of a database on it."""
    server = Postgres(
        stack_folder / "postgres", port=stack_ports.postgres_port, password=PASSWORD, durable=False
    )
    server.prepare()
    await supervisor.start(server.service())
    return server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template_database(postgres: Postgres, supervisor: Supervisor) -> str:
    """The name of a migrated and empty database that nobody connects to, for others are copied from it."""
    await postgres.create_database(TEMPLATE)
    await supervisor.run(migrations(postgres.dsn(TEMPLATE)))
    return TEMPLATE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_url(postgres: Postgres, template_database: str) -> AsyncIterator[str]:
    """The SQLAlchemy URL of a migrated database that the whole session shares; see `clean_database`."""
    async with _copied(postgres, template_database) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _emptied(postgres: Postgres, template_database: str) -> AsyncIterator[str]:
    async with _copied(postgres, template_database) as dsn:
        yield dsn


@pytest_asyncio.fixture(loop_scope="session")
async def clean_database(_emptied: str) -> str:
    """A database with every table empty, in some milliseconds. The rows that a session shares are in another."""
    connection = await asyncpg.connect(_emptied.replace("+asyncpg", ""))
    try:
        await connection.execute(_EMPTY)
    finally:
        await connection.close()
    return _emptied


@pytest_asyncio.fixture(loop_scope="session")
async def own_database(postgres: Postgres, template_database: str) -> AsyncIterator[str]:
    """A migrated database for one test alone."""
    async with _copied(postgres, template_database) as dsn:
        yield dsn


@asynccontextmanager
async def _copied(postgres: Postgres, template: str) -> AsyncIterator[str]:
    name = f"copy_{uuid4().hex[:8]}"
    await postgres.create_database(name, template=template)
    yield postgres.dsn(name)
    await postgres.drop_database(name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_address(stack_folder: Path, supervisor: Supervisor, stack_ports: Ports) -> str:
    """host:port of a dev server with our search attributes."""
    service = temporal_service(
        ensure(),
        stack_folder / "temporal.db",
        port=stack_ports.temporal_port,
        ui_port=None,
        durable=False,
    )
    await supervisor.start(service)
    return f"127.0.0.1:{stack_ports.temporal_port}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_client(temporal_address: str) -> Client:
    """A client that speaks our contracts. Give every workflow and queue of a test a name of its own."""
    return await Client.connect(temporal_address, data_converter=data_converter)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def storage_endpoint(stack_folder: Path, supervisor: Supervisor, stack_ports: Ports) -> str:
    """The address of an object store that holds the bucket `TEST_BUCKET`."""
    await supervisor.start(storage(stack_folder / "storage", TEST_BUCKET, stack_ports.storage_port))
    return f"http://{HOST}:{stack_ports.storage_port}"


@pytest.fixture(scope="session")
def storage_signing_key(storage_endpoint: str, stack_folder: Path) -> Path:
    """The key file with which URLs of that store are signed."""
    return stack_folder / "storage" / SIGNING_KEY


@pytest.fixture(scope="session")
def object_store(storage_endpoint: str, storage_signing_key: Path) -> Iterator[GoogleStorage]:
    """The adapter that production uses too. The session shares its bucket: give objects names of your own."""
    store = GoogleStorage(TEST_BUCKET, endpoint=storage_endpoint, signing_key=storage_signing_key)
    yield store
    store.close()
