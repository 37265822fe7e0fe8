"""Health."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Live(BaseModel):
    status: Literal["ok"] = "ok"


class Health(BaseModel):
    """Whether each part answered within some seconds."""

    ready: bool
    database: bool
    temporal: bool
    storage: bool
