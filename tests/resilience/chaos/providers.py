"""`python -m tests.resilience.chaos.providers MODULE ARGS`: one of the platform's programs as it is, whose providers
and bucket write down what they are asked, a JSON line each, in the file that `CALLS` names.

What a provider is asked costs money. The lines survive every kill: each is one `write` to a file opened to append.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from activities.storage import GoogleStorage
from schema import objects
from workers import wiring

CALLS = "CHAOS_CALLS"
"""The variable that names the file."""
BEGUN, ANSWERED, KEPT = "begun", "answered", "kept"
_asked: ContextVar[tuple[str, str] | None] = ContextVar("asked", default=None)
"""What the running step has asked last: the next object that it stores keeps the answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is the wall clock's, in seconds. `name` is the object that keeps an answer."""

    at: float
    event: str
    what: str
    key: str
    name: str = ""


def read(path: Path) -> list[Line]:
    """All that was asked, in order."""
    if not path.exists():
        return []
    return sorted(
        (Line(**json.loads(line)) for line in path.read_text().splitlines()), key=lambda each: each.at
    )


def _note(event: str, what: str, key: str, name: str = "") -> None:
    line = {"at": time.time(), "event": event, "what": what, "key": key, "name": name}
    file = os.open(os.environ[CALLS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(file, json.dumps(line).encode() + b"\n")
    finally:
        os.close(file)


class Counted:
    """Stands before an adapter: all is the adapter's, and its `paid` method is noted by what it was asked."""

    def __init__(self, adapter: Any, paid: str, asked_of: Callable[..., object]) -> None:
        self._adapter, self._paid, self._asked_of = adapter, paid, asked_of

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        return partial(self._noted, found) if name == self._paid else found

    async def _noted(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        key = objects.hash_of(self._asked_of(*args))[:16]
        _note(BEGUN, self._paid, key)
        answer = await call(*args, **kwargs)
        _note(ANSWERED, self._paid, key)
        _asked.set((self._paid, key))
        return answer


class CountedProviders(wiring.Providers):
    @cached_property
    def recognizer(self) -> Any:
        return Counted(super().recognizer, "recognize", lambda audio, language, *_: (audio.uri, language))

    @cached_property
    def describer(self) -> Any:
        return Counted(super().describer, "watch", lambda _, uri, report, language, *__: (uri, language))

    @cached_property
    def translator(self) -> Any:
        return Counted(
            super().translator, "translate", lambda lines, *of: ([line.text for line in lines], of[:2])
        )

    @cached_property
    def voices(self) -> Mapping[Any, Any]:
        return {key: Counted(voice, "speak", lambda *asked: asked) for key, voice in super().voices.items()}


class NotedStorage(GoogleStorage):
    async def write(self, name: str, *args: Any, **kwargs: Any) -> Any:
        written = await super().write(name, *args, **kwargs)
        if asked := _asked.get():
            _note(KEPT, *asked, name=name)
        return written


if __name__ == "__main__":
    wiring.Providers = CountedProviders  # type: ignore[misc]
    wiring.GoogleStorage = NotedStorage  # type: ignore[misc]
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
