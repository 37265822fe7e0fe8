"""The base of every request and response body."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

SHOWN_ONCE = "shown once"
Shown = Annotated[str, SHOWN_ONCE]
"""A secret that a response shows once, such as an upload URL. It is not stored with the response."""
SMALL = 16 * 1024
"""Size limit in bytes of a body without long texts."""
PROSE = 128 * 1024
"""Size limit in bytes of a body with notes, a comment or many names."""
_MOST_UNKNOWN = 20
_MOST_VALUES = 1000
"""How many values a body may hold. Each invalid value is reported, so the number is limited."""


class Body(BaseModel):
    """A request body. Unknown fields are refused as typing mistakes. U+0000 is refused because Postgres cannot store
    it, so a workflow that received it could never record it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
    max_bytes: ClassVar[int] = SMALL
    """Size limit in bytes of the whole body, as sent."""
    max_values: ClassVar[int] = _MOST_VALUES
    """How many values the body may hold."""
    parsed: ClassVar[frozenset[str]] = frozenset()
    """Fields that a parser of ours reads, which handles U+0000 itself."""

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
    """The base of response bodies."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _unkept(sent: Any, most: int) -> InitErrorDetails | None:
    """The first place with a character that Postgres cannot store, or with too many values."""
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
