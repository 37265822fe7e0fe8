"""Health."""

from __future__ import annotations

from typing import Literal

from api.bodies.base import Out


class Live(Out):
    """The process answers."""

    status: Literal["ok"] = "ok"
    """Always."""


class Health(Out):
    """Whether each part answered within some seconds."""

    ready: bool
    """All of them did."""
    database: bool
    """Postgres."""
    temporal: bool
    """Temporal's frontend."""
    storage: bool
    """The bucket."""
