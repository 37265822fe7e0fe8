"""Vectors by Gemini."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Self

from google import genai
from google.genai import types

from activities import limits
from activities.google.clients import gemini_of
from activities.google.errors import classified
from activities.google.gemini import SERVICE
from activities.running.in_flight import finish_all
from schema.enums import Embedder
from schema.errors import ProviderFailed
from schema.settings import Settings

_DIMENSIONS = 768
_BATCH = 100
"""Texts of one question, the service's limit."""
_AT_ONCE = 3


class GeminiEmbedder:
    """Multilingual: a term lies near what means the same in another language too."""

    name = Embedder.GEMINI
    nearness = 0.65

    def __init__(self, client: genai.Client) -> None:
        self._client = client

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, or no credentials.
        """
        return cls(gemini_of(settings))

    async def embed(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
        """
        Raises:
            ProviderFailed: Google refused or failed, or gave another number of vectors than it was asked for.
        """
        batches = [texts[first : first + _BATCH] for first in range(0, len(texts), _BATCH)]
        asked = (partial(self._batch, batch, as_terms=as_terms) for batch in batches)
        return [vector for batch in await finish_all(asked, _AT_ONCE) for vector in batch]

    async def _batch(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
        config = types.EmbedContentConfig(
            task_type="RETRIEVAL_DOCUMENT" if as_terms else "RETRIEVAL_QUERY",
            output_dimensionality=_DIMENSIONS,
            http_options=types.HttpOptions(timeout=round(limits.EMBED_S * 1000)),
        )
        asked: list[types.PartUnion] = [*texts]
        with classified(SERVICE):
            answer = await self._client.aio.models.embed_content(
                model=self.name.value, contents=asked, config=config
            )
        made = [each.values for each in answer.embeddings or () if each.values]
        if len(made) != len(texts) or any(len(each) != _DIMENSIONS for each in made):
            raise ProviderFailed(
                f"{SERVICE} gave {len(made)} vectors for {len(texts)} texts, or some of another length.",
                retryable=True,
            )
        return made
