"""Real media for every test of the engine, made once a session."""

from __future__ import annotations

import pytest

from tests.media_corpus import Corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))
