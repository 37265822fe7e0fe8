"""What every embedder does."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from activities.google.embedder import GeminiEmbedder
from activities.local.e5 import E5Embedder
from activities.local.ngrams import NgramEmbedder
from activities.local.weights import E5
from activities.ports import Embedder
from deploy.local.google.gemini import FakeGemini, refused
from schema.errors import ProviderFailed
from schema.tables.glossaries import DIMENSIONS
from tests.activities.contract.adapters import installed_weights


@asynccontextmanager
async def ngrams() -> AsyncIterator[Embedder]:
    yield NgramEmbedder()


@asynccontextmanager
async def gemini() -> AsyncIterator[Embedder]:
    async with FakeGemini().client() as client:
        yield GeminiEmbedder(client)


@asynccontextmanager
async def e5() -> AsyncIterator[Embedder]:
    root = installed_weights()
    if not E5.are_in(root):
        pytest.skip("multilingual-e5-small is not installed: make weights")
    embedder = E5Embedder(root, threads=2)
    yield embedder
    embedder.close()


_MANY = 130
"""More than any of them asks for at once."""
Make = Callable[[], AbstractAsyncContextManager[Embedder]]
pytestmark = pytest.mark.parametrize("make", [ngrams, e5, gemini])


def cosine(one: list[float], other: list[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0


async def test_a_vector_a_text_in_order_and_the_same_each_time(make: Make) -> None:
    texts = ["lighthouse", "fog horn", "", "♪", "lighthouse"]
    async with make() as embedder:
        made = await embedder.embed(texts, as_terms=True)
        again = await embedder.embed(texts, as_terms=True)
    assert len(made) == len(texts)
    assert {len(vector) for vector in made} == {len(made[0])}
    assert 0 < len(made[0]) <= DIMENSIONS
    assert made == again
    assert made[0] == made[4] != made[1]


async def test_what_is_alike_lies_nearer(make: Make) -> None:
    async with make() as embedder:
        (near, far) = await embedder.embed(["fog horn", "sea gull"], as_terms=True)
        (asked,) = await embedder.embed(["the old fog horn sounds"], as_terms=False)
    assert cosine(asked, near) > cosine(asked, far)


async def test_more_texts_than_one_question_holds(make: Make) -> None:
    texts = [f"term {number}" for number in range(_MANY)]
    async with make() as embedder:
        whole = await embedder.embed(texts, as_terms=True)
        (last,) = await embedder.embed(texts[-1:], as_terms=True)
    assert len(whole) == _MANY and whole[-1] == last


async def test_no_text_is_no_vector(make: Make) -> None:
    async with make() as embedder:
        assert await embedder.embed([], as_terms=True) == []


async def test_gemini_is_asked_by_kind_and_fails_with_a_reason(make: Make) -> None:
    if make is not gemini:
        return
    fake = FakeGemini()
    async with fake.client() as client:
        embedder = GeminiEmbedder(client)
        await embedder.embed(["a", "b"], as_terms=True)
        await embedder.embed(["a", "b"], as_terms=False)
        fake.faults.append(refused(429, "RESOURCE_EXHAUSTED", "Too many.", "7s"))
        with pytest.raises(ProviderFailed) as told:
            await embedder.embed(["a"], as_terms=True)
        fake.faults.append(lambda given: [])
        with pytest.raises(ProviderFailed, match="0 vectors for 1 texts"):
            await embedder.embed(["a"], as_terms=True)
    assert (told.value.retryable, told.value.retry_after_s) == (True, 7.0)
    kinds = [body["requests"][0]["embedContentConfig"]["taskType"] for body in fake.requests[:2]]
    assert kinds == ["RETRIEVAL_DOCUMENT", "RETRIEVAL_QUERY"]
    assert fake.requests[0]["requests"][0]["embedContentConfig"]["outputDimensionality"] == 768
    assert fake.paths[0].endswith("/models/gemini-embedding-001:batchEmbedContents")
