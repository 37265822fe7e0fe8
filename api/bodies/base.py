"""What every request's body is."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, model_validator

SHOWN_ONCE = "shown once"
Shown = Annotated[str, SHOWN_ONCE]
"""A secret that an answer shows once, such as a URL that lets its holder write: no record keeps it."""
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair of UTF-16, which JSON can escape. Pydantic refuses it, but fails at one in a key of a map."""


class Body(BaseModel):
    """A request's body: unknown fields are refused, for they are typing mistakes. What each field may hold is its
    type's to say (`schema.contracts.bounds`)."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_whole_keys(cls, sent: Any) -> Any:
        left = [sent]
        while left:
            each = left.pop()
            if isinstance(each, dict):
                if half := next((found for key in each if (found := _HALF.search(str(key)))), None):
                    raise ValueError(f"a key holds the character U+{ord(half[0]):04X}: take it out")
                left += each.values()
            elif isinstance(each, list):
                left += each
        return sent
