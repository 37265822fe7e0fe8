from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.oauth2 import service_account

from tests.deploy.storage.server import BUCKET, ObjectStoreServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreServer]:
    """One server for the tests that leave it running."""
    running = ObjectStoreServer(tmp_path_factory.mktemp("object-store"))
    running.start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ObjectStoreServer]:
    """A server that the test may kill."""
    running = ObjectStoreServer(tmp_path / "store")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client(server: ObjectStoreServer) -> Iterator[storage.Client]:
    made = storage.Client(
        project="test", credentials=AnonymousCredentials(), client_options={"api_endpoint": server.url}
    )
    yield made
    made.close()


@pytest.fixture
def bucket(client: storage.Client) -> storage.Bucket:
    return client.bucket(BUCKET)


@pytest.fixture(scope="session")
def signer(server: ObjectStoreServer) -> service_account.Credentials:
    return service_account.Credentials.from_service_account_file(str(server.signing_key))


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A browser, in what matters here: it follows nothing and knows no client library."""
    with httpx.Client() as made:
        yield made
