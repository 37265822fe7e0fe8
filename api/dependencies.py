"""The dependencies of a route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant

ANSWERS: dict[Callable[..., Any], frozenset[int]] = {}
"""The errors that a dependency may raise. Guards declare theirs in `api.guards.base`."""


def calls_of(dependant: Dependant) -> Iterator[Any]:
    """Every callable that a route depends on, at any depth."""
    for each in dependant.dependencies:
        yield each.call
        yield from calls_of(each)
