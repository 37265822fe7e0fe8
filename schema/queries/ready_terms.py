"""In-process cache of prepared glossary terms. A version never changes, and every save of a translation needs its
terms."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from schema.sized_lru import SizedLru
from schema.vtt.quality.wording import ReadyTerms

_MOST_TERMS = 100_000
"""About 70 MB."""


class Key(NamedTuple):
    version_id: UUID
    source_language: str
    target_language: str


KEPT = SizedLru[Key, ReadyTerms](_MOST_TERMS)
"""The cache of this process."""
