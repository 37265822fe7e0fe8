"""Vectors without a model: character n-grams, hashed (feature hashing, Weinberger et al. 2009). Texts that share pieces
of words lie near each other: inflected forms, compounds, other spellings. What a word means it does not know."""

from __future__ import annotations

import asyncio
import math
import unicodedata
from collections.abc import Iterator, Sequence
from zlib import crc32

from schema.enums import Embedder

_DIMENSIONS = 768
_LENGTHS = (2, 3, 4)


class NgramEmbedder:
    """The same vectors on every machine, at no cost."""

    name = Embedder.NGRAMS
    nearness = 0.3

    async def embed(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
        """Some milliseconds a page, in a thread. Terms and what asks for them are embedded alike."""
        return await asyncio.to_thread(lambda: [vector_of(text) for text in texts])


def vector_of(text: str) -> list[float]:
    """Of length 1; all zeros for a text without letters."""
    counts = [0.0] * _DIMENSIONS
    for gram in _grams(text):
        hashed = crc32(gram.encode())
        counts[hashed % _DIMENSIONS] += 1.0 if hashed >> 31 else -1.0
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts] if length else counts


def _grams(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFC", text.casefold())
    words = "".join(
        sign if sign.isalnum() or unicodedata.category(sign)[0] == "M" else " " for sign in folded
    )
    for word in words.split():
        edged = f"^{word}$"
        for length in _LENGTHS:
            yield from (edged[at : at + length] for at in range(len(edged) - length + 1))
