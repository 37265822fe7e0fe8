"""Sound that is not speech: where it is heard for long, and nothing tells what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from schema.vtt.cues import Block, Cue, Document, Note
from schema.vtt.timestamps import format_timestamp

Stretch = tuple[int, int]
"""Start and end, milliseconds."""


def unnamed_sounds(known: Iterable[Stretch], duration_ms: int, least_ms: int) -> list[Stretch]:
    """What is left of the programme without `known` (cues, speech and silence), where it is `least_ms` or more."""
    edges = [(0, 0), *merged(known), (duration_ms, duration_ms)]
    free = ((free_from, free_to) for (_, free_from), (free_to, _) in pairwise(edges))
    return [(start, end) for start, end in free if end - start >= least_ms]


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order, those that touch as one."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def with_sounds(document: Document, sounds: Sequence[Stretch]) -> Document:
    """The document with a NOTE for each of `sounds`, before the cue that follows it: a draft guesses at none of them."""
    return Document(document.header, tuple(_noted(document.blocks, sounds))) if sounds else document


def _noted(blocks: Sequence[Block], sounds: Sequence[Stretch]) -> Iterator[Block]:
    left = list(sounds)
    for block in blocks:
        while isinstance(block, Cue) and left and left[0][0] <= block.start_ms:
            yield _note(left.pop(0))
        yield block
    yield from map(_note, left)


def _note(sound: Stretch) -> Note:
    start, end = map(format_timestamp, sound)
    return Note.of(
        f"Sound without speech, {start} to {end}: tell what it is where it matters, such as [music]."
    )
