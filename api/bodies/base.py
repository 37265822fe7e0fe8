"""What every request's body is."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


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
                if name not in cls.parsed and _holds_nul(value):
                    raise ValueError(f"{name} holds the character U+0000: take it out")
        return sent


def _holds_nul(value: Any) -> bool:
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str) and "\0" in each:
            return True
        if isinstance(each, dict):
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            left += each
    return False
