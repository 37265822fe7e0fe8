"""What the tests of the steps share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from activities.running.workspace import Workspace
from activities.step import Kit
from activities.storage import GoogleStorage
from schema.db import Database
from tests.factories import settings_for


@pytest_asyncio.fixture
async def kit(clean_database: str, object_store: GoogleStorage, tmp_path: Path) -> AsyncIterator[Kit]:
    """A database without rows, the bucket, and an empty folder to work in."""
    database = Database.connect(settings_for(clean_database))
    yield Kit(database, object_store, Workspace(object_store, tmp_path / "work", 1 << 30))
    await database.close()
