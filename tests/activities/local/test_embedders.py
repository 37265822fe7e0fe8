"""Vectors of what texts mean, on this machine."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from activities.local.e5 import E5Embedder
from activities.local.embedders import local_embedder
from activities.local.ngrams import NgramEmbedder
from activities.local.weights import E5
from schema.errors import ProviderFailed
from tests.activities.contract.adapters import installed_weights

TERMS = ["fog horn", "screwdriver", "invoice", "heart surgeon", "parliament"]
LINES = {
    "Das Nebelhorn ertönt.": "fog horn",
    "Er dreht die Schraube fest.": "screwdriver",
    "La factura llega por correo.": "invoice",
    "The doctor operates on her heart.": "heart surgeon",
}
"""None has a word in common with its term, but for one."""


def test_without_the_model_n_grams_do_its_work_and_say_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert isinstance(local_embedder(tmp_path), NgramEmbedder)
    assert "make weights" in caplog.text
    for file in E5.files:
        E5.folder(tmp_path).mkdir(exist_ok=True)
        (E5.folder(tmp_path) / file).touch()
    assert isinstance(local_embedder(tmp_path), E5Embedder)


async def test_a_term_lies_near_what_means_the_same_in_another_language() -> None:
    root = installed_weights()
    if not E5.are_in(root):
        pytest.skip("multilingual-e5-small is not installed: make weights")
    embedder = E5Embedder(root, threads=2)
    try:
        terms = np.array(await embedder.embed(TERMS, as_terms=True))
        asked = np.array(await embedder.embed([*LINES, "Two men talk about football."], as_terms=False))
    finally:
        embedder.close()
    cosines = asked @ terms.T
    assert [TERMS[place] for place in cosines[:-1].argmax(axis=1)] == list(LINES.values())
    assert (cosines[:-1].max(axis=1) >= embedder.nearness).all()
    assert (cosines[-1] < embedder.nearness).all()


async def test_another_model_is_refused_with_what_to_do(tmp_path: Path) -> None:
    E5.folder(tmp_path).mkdir()
    for file in E5.files:
        (E5.folder(tmp_path) / file).write_bytes(b"something else")
    embedder = E5Embedder(tmp_path, threads=1)
    try:
        with pytest.raises(ProviderFailed, match="make weights") as refused:
            await embedder.embed(["a"], as_terms=True)
    finally:
        embedder.close()
    assert not refused.value.retryable
