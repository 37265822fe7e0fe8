"""Speech in a language that is not the job's: Whisper makes words of the job's out of it, which nobody has said.

It is unsure of them, and so they are found: what was heard with little confidence is asked for its language, and heard
again in that. Clear speech costs nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_RATE = 16_000
_INVENTED = 0.15
"""Words of a whole piece that are on average less sure than this were made of laughter or a cry."""
_SURE = 0.8
"""From this confidence on, the words are in the language that is spoken."""
_SHORTEST_S, _FEWEST_WORDS = 1.0, 3
"""The language of less cannot be told."""
_AROUND_S = 0.4
"""So far a segment's own times are off."""
_OTHER, _OWN = 0.6, 0.1
"""It is another language that is at least so likely, and the job's at most so."""
_BETTER = 0.1
"""So much surer are words in the language that is spoken: Hindi and Urdu, or Norwegian and Danish, are one to the ear."""

Listen = Callable[[Any, str], Sequence[Any]]
"""Segments of faster-whisper, of samples at 16 kHz in a language."""


class InLanguage(NamedTuple):
    """A segment of faster-whisper, and where the sound begins that its times are of."""

    segment: Any
    offset_s: float = 0.0
    language: str | None = None
    """As Whisper calls it, where it is not the job's."""


def in_their_languages(
    model: WhisperModel, sound: Any, segments: Sequence[Any], language: str, listen: Listen
) -> Iterator[InLanguage]:
    """`segments` of `sound`, or none where all were invented; each that is in another language as it is heard in that."""
    if sureness(segments) < _INVENTED:
        return
    ends = [0.0, *(float(segment.end) for segment in segments[:-1])]
    starts = [*(float(segment.start) for segment in segments[1:]), len(sound) / _RATE]
    for segment, earliest_s, latest_s in zip(segments, ends, starts, strict=True):
        sure = sureness([segment])
        again: list[InLanguage] = []
        if sure < _SURE and model.model.is_multilingual and len(segment.words or ()) >= _FEWEST_WORDS:
            start_s = max(min(earliest_s, segment.start), segment.start - _AROUND_S)
            end_s = min(max(latest_s, segment.end), segment.end + _AROUND_S)
            part = sound[round(start_s * _RATE) : round(end_s * _RATE)]
            other = _other(model, part, language)
            again = [InLanguage(heard, start_s, other) for heard in listen(part, other)] if other else []
        if again and sureness([each.segment for each in again]) > sure + _BETTER:
            yield from again
        else:
            yield InLanguage(segment)


def _other(model: WhisperModel, part: Any, language: str) -> str | None:
    """The language that is spoken; None where that is the job's, or cannot be told."""
    if len(part) < _SHORTEST_S * _RATE:
        return None
    other, likely, every = model.detect_language(part)
    if other == language or likely < _OTHER or dict(every).get(language, 0.0) > _OWN:
        return None
    return str(other)


def sureness(segments: Sequence[Any]) -> float:
    """How sure their words are on average, from 0 to 1."""
    return fmean([word.probability for segment in segments for word in segment.words or ()] or [0.0])
