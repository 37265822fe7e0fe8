"""The authorship of translated cues, as it is stored.

A machine's translation holds what people had written before it. So whose a cue is goes with it from version to version,
in the version's `sources`: cue id to the hash of the source text, and marks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

NONE = "-"
"""Used instead of the hash: a person added this cue, which has no source."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """`source` is the hash of the source text; `placed` says that the settings are a person's; `flagged_at` is the source
    version whose change a person has to see to, until they reword the cue or approve the text. Of a cue that a person
    `deleted` nothing is left but this."""

    source: str
    by_person: bool = False
    retimed: bool = False
    placed: bool = False
    flagged_at: int | None = None
    deleted: bool = False

    @property
    def is_draft(self) -> bool:
        """Whether its words and times are the machine's, and it was not deleted."""
        return not (self.by_person or self.retimed or self.deleted)

    @classmethod
    def read(cls, stored: str) -> Self:
        source, *marks = stored.split()
        flagged = next((mark.removeprefix("flagged:") for mark in marks if mark.startswith("flagged:")), None)
        return cls(
            source,
            by_person="person" in marks,
            retimed="retimed" in marks,
            placed="placed" in marks,
            flagged_at=int(flagged) if flagged else None,
            deleted="deleted" in marks,
        )

    def __str__(self) -> str:
        marks = [self.source]
        marks += ["person"] if self.by_person else []
        marks += ["retimed"] if self.retimed else []
        marks += ["placed"] if self.placed else []
        marks += ["deleted"] if self.deleted else []
        marks += [f"flagged:{self.flagged_at}"] if self.flagged_at is not None else []
        return " ".join(marks)
