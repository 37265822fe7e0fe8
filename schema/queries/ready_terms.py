"""What the terms of glossary versions are made into, kept in the process: a version never changes, and each save of a
translation asks for its own."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple
from uuid import UUID

from schema.vtt.quality.wording import ReadyTerms

_MOST_TERMS = 100_000
"""Some 70 MB."""


class Key(NamedTuple):
    version_id: UUID
    source_language: str
    target_language: str


class KeptTerms:
    """At most so many terms; the versions that were asked for longest ago go first. Threads share it."""

    def __init__(self, most_terms: int = _MOST_TERMS) -> None:
        self._most = most_terms
        self._held = 0
        self._kept: OrderedDict[Key, ReadyTerms] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> ReadyTerms | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: Key, ready: ReadyTerms) -> None:
        """One that is larger than the whole is not kept."""
        with self._lock:
            if key in self._kept or ready.size > self._most:
                return
            self._kept[key] = ready
            self._held += ready.size
            while self._held > self._most:
                _, gone = self._kept.popitem(last=False)
                self._held -= gone.size


KEPT = KeptTerms()
"""Of this process."""
