"""Source timecode for a report, also where the source's own label cannot be right."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from schema.contracts.media import MediaReport
from schema.vtt import Timecode


@dataclass(frozen=True, slots=True)
class Marks:
    """`at(ms)` is a timecode; `refused` says what was wrong with the source's, if anything."""

    timecode: Timecode
    refused: str | None = None

    @classmethod
    def of(cls, media: MediaReport) -> Self:
        rate = Fraction(media.video.frame_rate.num, media.video.frame_rate.den)
        if media.start_timecode is None:
            return cls(Timecode(rate))
        try:
            return cls(Timecode(rate, media.start_timecode))
        except ValueError as error:
            return cls(
                Timecode(rate),
                f"The source's start timecode cannot be used, so counting begins at 0: {error}.",
            )

    def at(self, ms: int) -> str:
        return self.timecode.at(ms)
