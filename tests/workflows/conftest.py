from __future__ import annotations

import pytest
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.db import Database
from tests.fakes.workers import Workers
from tests.workflows.platform import Platform


@pytest.fixture
def platform(
    temporal_client: Client, database: Database, object_store: GoogleStorage, fake_workers: Workers
) -> Platform:
    fake_workers.steps.begin_test()
    return Platform(temporal_client, database, object_store, fake_workers)
