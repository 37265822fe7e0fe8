"""A bounded in-process cache of values that are expensive to make and never change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    @property
    def size(self) -> int: ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sized)


class SizedLru(Generic[K, V]):
    """Values whose sizes add up to at most `most`. The least recently used are evicted first. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: K, value: V) -> None:
        """Stores a value. One larger than the whole cache is not stored."""
        with self._lock:
            if key in self._kept or value.size > self._most:
                return
            self._kept[key] = value
            self._held += value.size
            while self._held > self._most:
                _, gone = self._kept.popitem(last=False)
                self._held -= gone.size
