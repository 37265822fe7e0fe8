"""Vectors of what texts mean, on this machine, in a hundred languages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from activities import limits
from activities.local.e5_model import Model, embed
from activities.local.resident import Resident
from schema.enums import Embedder

_BATCH = 25
"""Texts of one call: half a second of one core."""


class E5Embedder:
    """The same text has the same vector each time. A term lies near what means the same in another language too."""

    name = Embedder.E5
    nearness = 0.84
    """What has nothing to do with each other is at 0.8 already, with this model."""

    def __init__(self, root: Path, threads: int = 0) -> None:
        """`threads` 0 is one a core."""
        self._model = Model(str(root), threads or os.cpu_count() or 1)
        self._resident = Resident()

    async def embed(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
        """
        Raises:
            ProviderFailed: the model is another, or its process died or was too slow.
        """
        made: list[list[float]] = []
        for first in range(0, len(texts), _BATCH):
            some = list(texts[first : first + _BATCH])
            made += await self._resident.call(embed, self._model, some, as_terms, timeout_s=limits.EMBED_S)
        return made

    def close(self) -> None:
        self._resident.close()
