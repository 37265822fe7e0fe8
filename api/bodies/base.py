"""What every request's body is."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator

SHOWN_ONCE = "shown once"
Shown = Annotated[str, SHOWN_ONCE]
"""A secret that an answer shows once, such as a URL that lets its holder write: no record keeps it."""
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair of UTF-16, which JSON can escape. Pydantic refuses it, but fails at one in a key of a map."""


class Body(BaseModel):
    """A request's body: unknown fields are refused, for they are typing mistakes, and so is U+0000, which no row can
    keep: a workflow that was told of it could never say so."""

    model_config = ConfigDict(extra="forbid")
    parsed: ClassVar[frozenset[str]] = frozenset()
    """Fields whose text a parser reads, which knows what U+0000 means there."""

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, sent: Any) -> Any:
        if isinstance(sent, dict):
            for name, value in sent.items():
                if name in cls.parsed or _HALF.search(name):
                    continue
                if found := _unkept(value):
                    raise ValueError(f"{name} holds the character U+{ord(found):04X}: take it out")
        return sent


def _unkept(value: Any) -> str | None:
    """The first character that no row can keep."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str) and "\0" in each:
            return "\0"
        if isinstance(each, dict):
            if half := next((found for key in each if (found := _HALF.search(key))), None):
                return half[0]
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            left += each
    return None
