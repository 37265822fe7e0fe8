"""Sound that is not speech: where it is heard, the caption that names it, and a NOTE where nothing tells what it is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import ceil

from schema.vtt.cues import Block, Cue, Document, Note
from schema.vtt.limits import Limits
from schema.vtt.linebreak import wrap
from schema.vtt.markup import escape
from schema.vtt.text import graphemes, word_count
from schema.vtt.timestamps import format_timestamp
from schema.vtt.turns import Draft, Token
from schema.vtt.words import Sound

Stretch = tuple[int, int]
"""Start and end, milliseconds."""

_SHOWN_MS = 2_000
"""A short sound, such as a knock, is told for so long, or for as long as it takes to read."""


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


def among(
    drafts: Sequence[Draft], sounds: Iterable[Sound], cuts: Sequence[int], language: str, limits: Limits
) -> list[Draft]:
    """The captions of speech, and between them one in brackets for each sound that has the time to be read. A sound gives
    way: it is left out where it would stand over words, or cut short the caption before it. `drafts` and `sounds` are in
    time order, `cuts` are shot changes."""
    starts = [first.start_ms for first, _, _ in drafts]
    placed: list[Draft] = []
    taken = 0
    for sound in sounds:
        at = bisect_left(starts, sound.start_ms)
        placed += drafts[taken:at]
        taken = max(taken, at)
        until = drafts[at][0].start_ms - limits.gap_ms if at < len(drafts) else None
        if draft := _named(sound, placed[-1] if placed else None, until, cuts, language, limits):
            placed.append(draft)
    return [*placed, *drafts[taken:]]


def _named(
    sound: Sound,
    before: Draft | None,
    until_ms: int | None,
    cuts: Sequence[int],
    language: str,
    limits: Limits,
) -> Draft | None:
    shown = f"[{sound.text}]"
    lines = wrap(shown, language, limits.line, limits.lines)
    start = sound.start_ms
    if before is not None:
        first, last, _ = before
        start = max(
            start, max(last.end_ms + limits.late_ms, first.start_ms + limits.least_ms) + limits.gap_ms
        )
    needed = max(limits.least_ms, _to_read_ms(shown, language, limits))
    latest = start + limits.most_ms if until_ms is None else min(start + limits.most_ms, until_ms)
    if not lines or start >= sound.end_ms or start + needed > latest:
        return None
    end = min(latest, max(sound.end_ms if sound.lasting else start + _SHOWN_MS, start + needed))
    near = bisect_left(cuts, end - limits.shot_ms)
    if near < len(cuts) and cuts[near] <= end + limits.shot_ms:
        on_shot = cuts[near] - limits.gap_ms
        end = on_shot if start + needed <= on_shot <= latest else end
    spoken = max(start + needed, end - limits.late_ms)  # as if it were said: captions stay so much longer
    token = Token(sound.text, start, spoken, None)
    return token, token, escape("\n".join(lines))


def _to_read_ms(text: str, language: str, limits: Limits) -> int:
    if limits.chars_per_second is not None:
        return ceil(graphemes(text) * 1000 / limits.chars_per_second)
    if limits.words_per_minute is not None:
        return ceil(word_count(text, language) * 60_000 / limits.words_per_minute)
    return 0
