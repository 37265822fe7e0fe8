"""Texts as people send and see them."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from api.bodies.base import PROSE, Body
from schema.enums import Kind, Origin
from schema.findings import Finding
from schema.vtt.parse import MAX_BYTES


def _ratio(text: str | float) -> str:
    try:
        value = Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        raise ValueError("a scale is a number or a ratio, such as 1.001 or 25/24") from None
    if not Fraction(1, 10) <= value <= 10:
        raise ValueError("a scale is from 0.1 to 10")
    return str(text)


Scale = Annotated[str | float, AfterValidator(_ratio)]
MOST_VERSIONS = 2**31 - 1
"""As many as a row can count."""
Version = Annotated[int, Field(ge=1, le=MOST_VERSIONS)]
BaseVersion = Annotated[
    int,
    Field(
        ge=0,
        le=MOST_VERSIONS,
        description="The version that was edited; 0 where there was none. 409 if another is current.",
    ),
]


class TextSave(Body):
    """A whole edited WebVTT file."""

    max_bytes = 2 * MAX_BYTES + PROSE  # escaped in JSON, a text can double
    parsed = frozenset({"content"})

    content: str
    base_version: BaseVersion
    note: str | None = Field(default=None, max_length=1000)


class AdjustBody(Body):
    """Cues that begin in [start_ms, end_ms) are stretched by `scale` about `start_ms`, then shifted."""

    base_version: BaseVersion
    offset_ms: int = Field(default=0, ge=-86_400_000, le=86_400_000)
    scale: Scale = 1.0
    start_ms: int = Field(default=0, ge=0)
    end_ms: int | None = Field(default=None, ge=0)


class RestoreBody(Body):
    """Saves an earlier version again, as a new one."""

    version: Version
    base_version: BaseVersion


class TextOut(BaseModel):
    """A text with what the quality rules say about it."""

    content: str
    version: int
    language: str
    kind: Kind
    base_version: int | None
    origin: Origin
    author_id: UUID | None
    note: str | None
    created_at: datetime
    findings: list[Finding]


class VersionOut(BaseModel):
    """A version without its text."""

    version: int
    base_version: int | None
    origin: Origin
    author_id: UUID | None
    author: str | None
    """Their name; None of a machine's draft."""
    note: str | None
    created_at: datetime
