"""What the terms of glossary versions are made into, kept in the process: a version never changes, and each save of a
translation asks for its own."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from schema.sized_lru import SizedLru
from schema.vtt.quality.wording import ReadyTerms

_MOST_TERMS = 100_000
"""Some 70 MB."""


class Key(NamedTuple):
    version_id: UUID
    source_language: str
    target_language: str


KEPT = SizedLru[Key, ReadyTerms](_MOST_TERMS)
"""Of this process."""
