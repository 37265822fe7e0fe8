"""Speakers who follow each other quickly, or speak at once: whose turn comes first, and which two share a caption."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from schema.vtt.limits import Limits
from schema.vtt.markup import DASHES, escape, plain_text, voice_span
from schema.vtt.sentences import ends_sentence
from schema.vtt.text import graphemes

_DASH = "- "
_NEAR_MS = 1_000
"""A reply after more than this is no quick one."""
_MOST_AT_ONCE = 4
"""Speakers whose words may interleave."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, with its punctuation."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str | None


Draft = tuple[Token, Token, str]
"""A caption before it has its times: first word, last word, cue text."""


def in_turns(tokens: Sequence[Token], language: str) -> list[Token]:
    """The words by turns: where the words of speakers interleave, each says their sentence to its end. What is then
    said after another's turn, and was spoken during it, begins at its end."""
    turns: list[list[Token]] = []
    overlaid: set[int] = set()
    for _speaker, run in groupby(tokens, key=lambda token: token.speaker):
        words = list(run)
        own = _own_turn(turns, words, language)
        if own is None:
            turns.append(words)
        else:
            turns[own] += words
            overlaid |= {*range(own + 1, len(turns))}
    ordered: list[Token] = []
    latest = 0
    for number, words in enumerate(turns):
        if number in overlaid:
            words = [
                replace(word, start_ms=max(word.start_ms, latest), end_ms=max(word.end_ms, latest))
                for word in words
            ]
        latest = max(word.end_ms for word in words)
        ordered += words
    return ordered


def _own_turn(turns: Sequence[Sequence[Token]], words: Sequence[Token], language: str) -> int | None:
    """The turn that `words` go on: the last one, or one during which all that follow it were spoken."""
    for number in range(len(turns) - 1, max(-1, len(turns) - _MOST_AT_ONCE - 1), -1):
        last, first, others = turns[number][-1], words[0], turns[number + 1 :]
        if last.speaker != first.speaker:
            continue
        if not others:
            return number
        named = last.speaker is not None and all(other[0].speaker is not None for other in others)
        at_once = named and all(
            other[0].start_ms < last.end_ms or first.start_ms < other[-1].end_ms for other in others
        )
        return number if at_once and not ends_sentence(last.text, language, first.text) else None
    return None


def shared(drafts: Sequence[Draft], limits: Limits) -> Iterator[Draft]:
    """The captions, with two of different speakers in one where either would be gone before it is read: a line and a
    dash for each."""
    at = 0
    while at < len(drafts):
        until = drafts[at + 2][0].start_ms if at + 2 < len(drafts) else None
        if at + 1 < len(drafts) and _share(drafts[at], drafts[at + 1], until, limits):
            yield _joined(drafts[at], drafts[at + 1])
            at += 2
        else:
            yield drafts[at]
            at += 1


def _share(one: Draft, other: Draft, until_ms: int | None, limits: Limits) -> bool:
    (first, last, text), (begins, ends, reply) = one, other
    if first.speaker is None or begins.speaker is None or first.speaker == begins.speaker or limits.lines < 2:
        return False
    fits = all(
        "\n" not in said and graphemes(_dashed(plain_text(said))) <= limits.line for said in (text, reply)
    )
    near = begins.start_ms - last.end_ms < _NEAR_MS
    length = max(last.end_ms, ends.end_ms) - first.start_ms
    short = begins.start_ms - first.start_ms < limits.least_ms or (
        until_ms is not None and until_ms - begins.start_ms < limits.least_ms
    )
    return fits and near and short and length <= limits.most_ms


def _joined(one: Draft, other: Draft) -> Draft:
    spoken = [
        f"{voice_span(first.speaker or '', escape(_dashed(plain_text(text))))}</v>"
        for first, _, text in (one, other)
    ]
    last = replace(other[1], end_ms=max(one[1].end_ms, other[1].end_ms))
    return one[0], last, "\n".join(spoken)


def _dashed(text: str) -> str:
    return text if text.startswith(DASHES) else _DASH + text
