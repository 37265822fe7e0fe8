"""Words that are documented where they are sent."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Meant(StrEnum):
    """A word and its `meaning`, a sentence for those who receive it."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member
