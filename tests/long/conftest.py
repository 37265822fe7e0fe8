"""A stack of its own for each film, with the local models that set-up has obtained."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.ports import Ports
from deploy.local.stack import Stack
from tests.activities.contract.adapters import installed_weights
from tests.stack import data_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder("long") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stack(folder: Path) -> AsyncIterator[Stack]:
    models = {"WEIGHTS": str(installed_weights())}
    async with Stack(folder / "data", ports=Ports.free(), settings=models, say=lambda _: None) as running:
        yield running
