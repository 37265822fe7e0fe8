"""What a recogniser is given at a time: stretches of speech close together, up to half a minute of them. Pure.

Whisper looks at 30 s however little is said in them, so pieces are filled; long silences inside are left out, and cuts
lie where the pauses are longest. A position is in samples of 16 kHz.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from activities.media.probing.pcm import SAMPLE_RATE, SAMPLES_PER_MS, Segment
from schema.contracts.media import Span

LONGEST = 28 * SAMPLE_RATE
_EARLIEST_CUT = 15 * SAMPLE_RATE
_AROUND = SAMPLE_RATE // 5
"""What is kept before and after a stretch: a soft first sound, and air for the recogniser."""


class Piece(NamedTuple):
    """Parts of the sound, one after the other."""

    parts: tuple[Segment, ...]

    @property
    def length(self) -> int:
        return sum(part.end - part.start for part in self.parts)

    def source_ms(self, ms: int, *, ends: bool = False) -> int:
        """Where in the sound the piece's millisecond `ms` lies. At a seam it is the later part's first, or with
        `ends` the earlier one's last."""
        at, before = ms * SAMPLES_PER_MS, 0
        for part in self.parts:
            length = part.end - part.start
            if at < before + length or (ends and at == before + length):
                return (part.start + at - before) // SAMPLES_PER_MS
            before += length
        return self.parts[-1].end // SAMPLES_PER_MS


def make_pieces(
    speech: Sequence[Span], length: int, quietest: Callable[[Segment], int] = lambda part: part.end
) -> list[Piece]:
    """The speech of a sound of `length` samples. A stretch that is longer than a piece is cut where `quietest` says,
    a position inside what it is given."""
    pieces: list[Piece] = []
    parts: list[Segment] = []
    for part in _parts(speech, length, quietest):
        while parts and Piece((*parts, part)).length > LONGEST:
            cut = _cut(parts)
            pieces.append(Piece(tuple(parts[:cut])))
            parts = parts[cut:]
        parts.append(part)
    return [*pieces, Piece(tuple(parts))] if parts else pieces


def _parts(speech: Sequence[Span], length: int, quietest: Callable[[Segment], int]) -> Iterator[Segment]:
    """Stretches with what is around them, which they share where they lie close together."""
    for number, span in enumerate(speech):
        start, end = span.start_ms * SAMPLES_PER_MS, span.end_ms * SAMPLES_PER_MS
        before = speech[number - 1].end_ms * SAMPLES_PER_MS if number else -2 * _AROUND
        after = (
            speech[number + 1].start_ms * SAMPLES_PER_MS if number + 1 < len(speech) else length + 2 * _AROUND
        )
        start = max(0, start - min(_AROUND, (start - before) // 2))
        end = min(length, end + min(_AROUND, (after - end) // 2))
        while end - start > LONGEST:
            cut = quietest(Segment(start + _EARLIEST_CUT, start + LONGEST))
            yield Segment(start, cut)
            start = cut
        if end > start:
            yield Segment(start, end)


def _cut(parts: Sequence[Segment]) -> int:
    """After how many parts: where the longest pause is, once the piece is half full."""
    best, widest, filled = len(parts), 0, 0
    for number, (part, after) in enumerate(pairwise(parts), 1):
        filled += part.end - part.start
        if filled >= _EARLIEST_CUT and after.start - part.end > widest:
            best, widest = number, after.start - part.end
    return best
