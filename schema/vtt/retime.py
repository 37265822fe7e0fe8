"""Moves cues in time: shifts and stretches by hand, and onto the timeline of a render that holds the picture.

Every moved time is computed once from exact numbers, so that nothing drifts however many pauses there are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate

from schema.errors import FieldError, Invalid
from schema.vtt.cues import Cue, Document
from schema.vtt.divide import at_pause
from schema.vtt.markup import map_timestamps
from schema.vtt.timestamps import MAX_HOURS, format_timestamp
from schema.vtt.words import Word

MAX_MS = (MAX_HOURS + 1) * 3_600_000 - 1
Chapter = tuple[int, int, str]
"""(start_ms, end_ms, title)"""


@dataclass(frozen=True, slots=True)
class PauseMap:
    """From source to render time: `pauses` are (at, length) in ticks of source time, `rate` ticks a second."""

    pauses: tuple[tuple[int, int], ...]
    rate: int = 1000

    @classmethod
    def of(cls, pauses: Iterable[tuple[int, int]], rate: int = 1000) -> PauseMap:
        """With the default rate, pauses are in milliseconds."""
        return cls(tuple(sorted(pauses)), rate)

    def places_ms(self) -> list[int]:
        """Where the pauses are, in source time."""
        return [(at * 1000 + self.rate // 2) // self.rate for at, _length in self.pauses]

    def mapper(self) -> Callable[[int, bool], int]:
        """A function of (source ms, after): render ms. At the very place of a pause, `after` says on which side."""
        places, rate = self.places_ms(), self.rate
        sums = [0, *accumulate(length for _at, length in self.pauses)]
        added = [(total * 1000 + rate // 2) // rate for total in sums]

        def to_render(ms: int, after: bool) -> int:
            passed = bisect_right(places, ms) if after else bisect_left(places, ms)
            return ms + added[passed]

        return to_render


def adjust_timing(
    document: Document,
    *,
    offset_ms: int = 0,
    scale: Fraction = Fraction(1),
    start_ms: int = 0,
    end_ms: int | None = None,
    anchor_ms: int | None = None,
) -> Document:
    """Stretches times by `scale` about `anchor_ms` (the range's start), then shifts them by `offset_ms`.

    Only cues that begin in [start_ms, end_ms) are moved; inner timestamps go along. Raises Invalid where a cue
    would begin before 0 or end too late, and where it would have no length left.
    """
    if scale <= 0:
        raise Invalid("a scale is more than 0", errors=[FieldError("scale", "more than 0")])
    about = start_ms if anchor_ms is None else anchor_ms

    def move(ms: int) -> int:
        moved = about + (ms - about) * scale + offset_ms
        return (2 * moved.numerator + moved.denominator) // (2 * moved.denominator)

    errors: list[FieldError] = []
    index = -1

    def moved(cue: Cue) -> Cue:
        nonlocal index
        index += 1
        if cue.start_ms < start_ms or (end_ms is not None and cue.start_ms >= end_ms):
            return cue
        begin, end = move(cue.start_ms), move(cue.end_ms)
        if begin < 0 or end > MAX_MS or end <= begin:
            name = cue.id or format_timestamp(cue.start_ms)
            errors.append(FieldError(f"cues.{index}", f"cue {name} would be from {begin} to {end} ms"))
            return cue
        return _with_times(cue, begin, end, move)

    adjusted = document.map_cues(moved)
    if errors:
        raise Invalid(f"{errors[0].message}; choose a smaller change", errors=errors[:100])
    return adjusted.in_order()


def across_pauses(
    document: Document, pauses: PauseMap, *, words: Sequence[Word] | None = None, language: str = "en"
) -> Document:
    """Captions on the render's timeline, where the picture is held at each pause.

    A caption whose words are all spoken before a pause ends there; all after, it moves behind it; with words on
    both sides it is divided where a sentence ends, and else shown through the pause. Without words: one that ends
    at the pause stays, one that starts there moves, one that spans it is shown through it. The second part of a
    divided cue gets the first's id with `.2` (`.3`, …).
    """
    places, to_render = pauses.places_ms(), pauses.mapper()
    starts = [word.start_ms for word in words or ()]
    used = {cue.id for cue in document.cues}

    def moved(cue: Cue) -> list[Cue]:
        pieces = [cue]
        for at in places[bisect_right(places, cue.start_ms) : bisect_left(places, cue.end_ms)]:
            if words and pieces[-1].start_ms < at < pieces[-1].end_ms:
                spoken = words[bisect_left(starts, cue.start_ms - 500) : bisect_left(starts, cue.end_ms)]
                pieces[-1:] = at_pause(pieces[-1], at, spoken, language)
        return [
            _with_times(
                replace(piece, id=_part_id(cue.id, number, used)),
                to_render(piece.start_ms, True),
                to_render(piece.end_ms, False),
                lambda ms: to_render(ms, True),
            )
            for number, piece in enumerate(pieces)
        ]

    return document.map_cues(moved).in_order()


def at_times(document: Document, times_ms: Mapping[str, tuple[int, int]]) -> Document:
    """Descriptions where they are heard: each cue's in and out by its id. A cue without times is left out, for it
    is not heard."""

    def moved(cue: Cue) -> list[Cue]:
        if cue.id not in times_ms:
            return []
        begin, end = times_ms[cue.id]
        return [_with_times(cue, begin, max(end, begin + 1), lambda ms: begin + ms - cue.start_ms)]

    return document.map_cues(moved).in_order()


def chapters_across_pauses(chapters: Sequence[Chapter], pauses: PauseMap) -> list[Chapter]:
    """A chapter that starts at a pause stays before it; the last one ends after every pause."""
    to_render = pauses.mapper()
    last = len(chapters) - 1
    return [
        (to_render(start, False), to_render(end, index == last), title)
        for index, (start, end, title) in enumerate(chapters)
    ]


def _with_times(cue: Cue, begin: int, end: int, to: Callable[[int], int]) -> Cue:
    latest = begin

    def inner(ms: int) -> int | None:
        """Those that fall on the one before them are left out too: each is later than the last."""
        nonlocal latest
        if not latest < (moved := to(ms)) < end:
            return None
        latest = moved
        return moved

    return replace(cue, start_ms=begin, end_ms=end, text=map_timestamps(cue.text, inner))


def _part_id(name: str, number: int, used: set[str]) -> str:
    if not name or number == 0:
        return name
    fresh = f"{name}.{number + 1}"
    while fresh in used:
        fresh += "x"
    used.add(fresh)
    return fresh
