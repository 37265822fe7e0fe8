"""TTML media time expressions, as DAPT allows them: clock times and offsets, each relative to its parent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from schema.vtt.formats.xmlio import TTP, Node
from schema.vtt.retime import MAX_MS

_CLOCK = re.compile(r"([0-9]{2,4}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]{1,9})?)")
_OFFSET = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(h|ms|m|s|f|t)")


@dataclass(frozen=True, slots=True)
class Span:
    """Milliseconds on the programme's timeline; the end may not be known."""

    begin_ms: int
    end_ms: int | None


@dataclass(frozen=True, slots=True)
class Clock:
    """The lengths of a frame and a tick in milliseconds; None where the document does not say."""

    frame: Fraction | None
    tick: Fraction | None

    @classmethod
    def of(cls, root: Node) -> Clock:
        frames = _whole(root.attributes.get(f"{{{TTP}}}frameRate", ""))
        ticks = _whole(root.attributes.get(f"{{{TTP}}}tickRate", ""))
        parts = [_whole(part) for part in root.attributes.get(f"{{{TTP}}}frameRateMultiplier", "1 1").split()]
        over, under = (parts[0], parts[1]) if len(parts) == 2 else (1, 1)
        return cls(
            frame=Fraction(1000 * under, frames * over) if frames and over and under else None,
            tick=Fraction(1000, ticks) if ticks else None,
        )

    def ms(self, expression: str) -> Fraction | None:
        """A time in milliseconds, exactly; None where it is no time expression."""
        clock = _CLOCK.fullmatch(expression)
        if clock is not None:
            seconds = Fraction(clock.group(3)) + 60 * int(clock.group(2)) + 3600 * int(clock.group(1))
            return seconds * 1000
        offset = _OFFSET.fullmatch(expression)
        if offset is None:
            return None
        units = {"h": Fraction(3_600_000), "m": Fraction(60_000), "s": Fraction(1000), "ms": Fraction(1)}
        unit = {**units, "f": self.frame, "t": self.tick}[offset.group(2)]
        return None if unit is None else Fraction(offset.group(1)) * unit

    def span(self, node: Node, parent: Span) -> Span | None:
        """When an element is active. None where one of its times cannot be read, or is too late."""
        given: dict[str, int] = {}
        for name in ("begin", "end", "dur"):
            if name in node.attributes:
                ms = self.ms(node.attributes[name].strip())
                if ms is None:
                    return None
                given[name] = round(ms)
        start = parent.begin_ms + given.get("begin", 0)
        ends = [parent.end_ms] if parent.end_ms is not None else []
        if "end" in given:
            ends.append(parent.begin_ms + given["end"])
        if "dur" in given:
            ends.append(start + given["dur"])
        if max([start, *ends]) > MAX_MS:
            return None
        return Span(start, min(ends) if ends else None)


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
