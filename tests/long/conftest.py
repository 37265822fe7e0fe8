"""A stack of its own for each film."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.ports import Ports
from deploy.local.stack import Stack
from tests.stack import data_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder("long") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stack(folder: Path) -> AsyncIterator[Stack]:
    async with Stack(folder / "data", ports=Ports.free(), say=lambda _: None) as running:
        yield running
