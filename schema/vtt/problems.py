"""What was not read of a file as it stands, by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

TOLD = 1_000
"""How many pieces are told that lose nothing of the text, of one kind."""
_SHOWN, _MOST_THINGS = 80, 6

ProblemKind = Literal["dropped", "repaired", "invalid", "left out", "normalised"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What was not read as it stands.

    *dropped*: a block that is not in the document. *repaired*: part of a block was left out or guessed at.
    *invalid*: kept as it is, but must be mended before it can be written. *left out*: beside the text, and WebVTT has
    no place for it, such as an effect. *normalised*: written otherwise, meaning the same.
    """

    line: int
    message: str
    kind: ProblemKind


class LeftOut:
    """Counts what is left out of a file, so that of a file full of effects only the first thousand are told."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._count = 0

    def say(self, line: int, what: Iterable[str]) -> None:
        """`what` of one line or element, each thing once."""
        found = [*dict.fromkeys(each if len(each) <= _SHOWN else f"{each[:_SHOWN]}…" for each in what)]
        self._count += bool(found)
        if not found or self._count > TOLD:
            return
        more = f" and {len(found) - _MOST_THINGS} more" if len(found) > _MOST_THINGS else ""
        self._problems.append(
            Problem(line, f"{', '.join(found[:_MOST_THINGS])}{more} was left out", "left out")
        )
