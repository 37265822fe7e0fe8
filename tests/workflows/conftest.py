from __future__ import annotations

import pytest
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.db import Database
from tests.fakes.steps import FakeSteps
from tests.workflows.platform import Platform


@pytest.fixture
def platform(
    temporal_client: Client, database: Database, object_store: GoogleStorage, fake_steps: FakeSteps
) -> Platform:
    fake_steps.begin_test()
    return Platform(temporal_client, database, object_store, fake_steps)
