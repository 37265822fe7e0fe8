"""What every request's body is."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

SHOWN_ONCE = "shown once"
Shown = Annotated[str, SHOWN_ONCE]
"""A secret that an answer shows once, such as a URL that lets its holder write: no record keeps it."""
SMALL = 16 * 1024
"""Bytes of a body that brings no text."""
PROSE = 128 * 1024
"""Of one with notes, a comment, or many names."""
_MOST_UNKNOWN = 20
_MOST_VALUES = 1000
"""In one body, far more than any needs: each may be wrong in a way of its own, and is told."""


class Body(BaseModel):
    """A request's body: unknown fields are refused, for they are typing mistakes, and so is U+0000, which no row can
    keep: a workflow that was told of it could never say so."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    max_bytes: ClassVar[int] = SMALL
    """How large the whole of it may be, as it is sent."""
    max_values: ClassVar[int] = _MOST_VALUES
    """How many values it may hold, each of which may be wrong in a way of its own."""
    parsed: ClassVar[frozenset[str]] = frozenset()
    """Fields whose text a parser reads, which knows what U+0000 means there."""

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, sent: Any) -> Any:
        if isinstance(sent, dict):
            if len(sent) > len(cls.model_fields) + _MOST_UNKNOWN:
                raise ValueError("it has far more fields than there are")
            kept = {name: value for name, value in sent.items() if name not in cls.parsed}
            if found := _unkept(kept, cls.max_values):
                raise ValidationError.from_exception_data(cls.__name__, [found])
        return sent


class Out(BaseModel):
    """What an answer is made of."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _unkept(sent: Any, most: int) -> InitErrorDetails | None:
    """A place with a character that no row can keep, or with more than anybody needs."""
    left: list[tuple[tuple[str | int, ...], Any]] = [((), sent)]
    seen = 0
    while left:
        place, each = left.pop()
        seen += len(each) if isinstance(each, dict | list) else 0
        if seen > most:
            problem = PydanticCustomError("too_many", f"it holds more than {most} values")
            return InitErrorDetails(type=problem, loc=place, input=None)
        if isinstance(each, str) and "\0" in each:
            problem = PydanticCustomError("unkept", "it holds the character U+0000: take it out")
            return InitErrorDetails(type=problem, loc=place, input=None)
        if isinstance(each, dict):
            left += [
                ((*place, key.replace("\0", "")), part)
                for key, value in each.items()
                for part in (key, value)
            ]
        elif isinstance(each, list):
            left += [((*place, index), value) for index, value in enumerate(each)]
    return None
