"""Words put into the stretches in which a voice is heard. Pure.

A recogniser's own times are true to a third of a second, and a plan needs a twentieth. A detector hears where speech
begins and ends, so the first word of a stretch begins with it, and its last ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from schema.contracts.media import Span
from schema.vtt.words import Word

_REACH_MS = 600
"""A word is moved to the edge of its stretch from no farther than this: beyond, another word was missed."""
_SHORTEST_MS = 40


def snap(words: Sequence[Word], speech: Sequence[Span]) -> tuple[Word, ...]:
    """`words` in time order, each in its stretch of `speech`; those that lie far from any were invented and are left
    out."""
    placed: list[tuple[int, Word]] = []
    earliest = 0
    for word in words:
        at = _stretch(word, speech, earliest)
        if at is not None:
            earliest = at
            placed.append((at, word))
    snapped: list[Word] = []
    for at, group in groupby(placed, key=lambda each: each[0]):
        snapped += _within([word for _, word in group], speech[at])
    return tuple(snapped)


def _stretch(word: Word, speech: Sequence[Span], earliest: int) -> int | None:
    """The stretch that has most of the word, or the nearest; never one before `earliest`."""
    best: tuple[int, int] | None = None
    for at in range(earliest, len(speech)):
        span = speech[at]
        if best is not None and span.start_ms > word.end_ms + _REACH_MS:
            break
        shared = min(word.end_ms, span.end_ms) - max(word.start_ms, span.start_ms)  # below 0: how far off
        if best is None or shared > best[0]:
            best = (shared, at)
    return best[1] if best is not None and best[0] >= -_REACH_MS else None


def _within(words: Sequence[Word], span: Span) -> list[Word]:
    """Every word inside `span`, none before the one ahead of it, each at least a moment long where there is room."""
    starts = [min(max(word.start_ms, span.start_ms), span.end_ms) for word in words]
    ends = [max(min(word.end_ms, span.end_ms), span.start_ms) for word in words]
    if starts[0] - span.start_ms <= _REACH_MS:
        starts[0] = span.start_ms
    if span.end_ms - ends[-1] <= _REACH_MS:
        ends[-1] = span.end_ms
    shortest = min(_SHORTEST_MS, (span.end_ms - span.start_ms) // len(words))
    for at in range(1, len(words)):
        starts[at] = max(starts[at], starts[at - 1] + shortest)
    for at in reversed(range(len(words))):
        limit = span.end_ms if at + 1 == len(words) else starts[at + 1]
        starts[at] = min(starts[at], limit - shortest)
        ends[at] = min(max(ends[at], starts[at] + shortest), limit)
    return [
        word.model_copy(update={"start_ms": start, "end_ms": end})
        for word, start, end in zip(words, starts, ends, strict=True)
    ]
