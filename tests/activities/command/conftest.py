"""What a call of the command line is made in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.activities.command.kit import Folder


@pytest.fixture(scope="session")
def command_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path: Path, command_cache: Path) -> Folder:
    """What a call of the command line is about."""
    return Folder(tmp_path, command_cache)
