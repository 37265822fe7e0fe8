"""What a window of Whisper's passes over, or says over and over, heard again in smaller ones.

It hears half a minute at a time. Where the language changes inside, or the same is said twice, it may leave out a whole
stretch of speech, or go round in a loop. Which of them it does hangs on the last digit of a sum, and so on the processor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from activities.local.other_languages import InLanguage, in_their_languages, sureness
from activities.local.pieces import Piece
from activities.media.probing.pcm import SAMPLE_RATE

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_LOOPS = 2.4
"""Text that can be packed so well (zlib) says the same over and over: Whisper's own measure."""
_UNHEARD, _UNLIKELY = 0.6, -1.0
"""A segment that is so surely without speech, and so unlikely as text, was invented: Whisper's own measures."""
_LEAST_S, _LEAST_HEARD = 1.5, 0.1
"""A stretch of speech of so many seconds was passed over where words take less than this share of it."""
_SURE_ENOUGH = 0.5
"""Words that were heard at the second time alone are this sure on average, or the stretch holds no speech."""


class Segments(Protocol):
    """Segments of faster-whisper, of samples at 16 kHz in a language."""

    def __call__(self, sound: Any, language: str, **more: Any) -> list[Any]: ...


class Stretch(NamedTuple):
    """Speech without a pause: its samples in the window, and those of the pause before it, which is left out."""

    start: int
    end: int
    pause: int


def stretches_of(piece: Piece) -> list[Stretch]:
    found = [Stretch(0, piece.parts[0].end - piece.parts[0].start, 0)]
    for before, part in pairwise(piece.parts):
        end = found[-1].end + part.end - part.start
        if part.start > before.end:
            found.append(Stretch(found[-1].end, end, part.start - before.end))
        else:
            found[-1] = found[-1]._replace(end=end)
    return found


def heard_in(
    model: WhisperModel, sound: Any, stretches: Sequence[Stretch], language: str, segments_of: Segments
) -> list[InLanguage]:
    """What is said in a window, in time order, each segment in the language that is spoken."""
    segments = segments_of(sound, language)
    if any(segment.compression_ratio > _LOOPS for segment in segments):
        if len(stretches) > 1:
            cut = max(range(1, len(stretches)), key=lambda number: stretches[number].pause)
            halves = (stretches[:cut], stretches[cut:])
            return [each for half in halves for each in _alone(model, sound, half, language, segments_of)]
        segments = segments_of(sound, language, no_repeat_ngram_size=4, repetition_penalty=1.1)

    def listen(part: Any, other: str) -> list[Any]:
        return [segment for segment in segments_of(part, other) if not _is_silent(segment)]

    segments = [segment for segment in segments if not _is_silent(segment)]
    found = list(in_their_languages(model, sound, segments, language, listen))
    if not found:
        return found
    again = [
        each
        for run in _passed_over(found, stretches)
        if len(run) < len(stretches)
        for each in _again(model, sound, run, language, segments_of)
    ]
    return sorted([*found, *again], key=lambda each: each.offset_s + float(each.segment.start))


def _again(
    model: WhisperModel, sound: Any, run: Sequence[Stretch], language: str, segments_of: Segments
) -> list[InLanguage]:
    """What is said in stretches that were passed over; none where that is not clear, as of laughter."""
    found = _alone(model, sound, run, language, segments_of)
    return found if sureness([each.segment for each in found]) >= _SURE_ENOUGH else []


def _alone(
    model: WhisperModel, sound: Any, run: Sequence[Stretch], language: str, segments_of: Segments
) -> list[InLanguage]:
    """Stretches in a window of their own."""
    begin = run[0].start
    within = [Stretch(each.start - begin, each.end - begin, each.pause) for each in run]
    found = heard_in(model, sound[begin : run[-1].end], within, language, segments_of)
    return [each._replace(offset_s=each.offset_s + begin / SAMPLE_RATE) for each in found]


def _passed_over(found: Sequence[InLanguage], stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Runs of stretches in which next to nothing was heard."""
    words = [
        (each.offset_s + float(word.start), each.offset_s + float(word.end))
        for each in found
        for word in each.segment.words or ()
    ]

    def is_passed_over(stretch: Stretch) -> bool:
        start_s, end_s = stretch.start / SAMPLE_RATE, stretch.end / SAMPLE_RATE
        heard_s = sum(max(0.0, min(end, end_s) - max(start, start_s)) for start, end in words)
        return end_s - start_s >= _LEAST_S and heard_s < _LEAST_HEARD * (end_s - start_s)

    for passed_over, run in groupby(stretches, key=is_passed_over):
        if passed_over:
            yield list(run)


def _is_silent(segment: Any) -> bool:
    """Whether nobody speaks in it, and its text was invented."""
    return bool(segment.no_speech_prob > _UNHEARD and segment.avg_logprob < _UNLIKELY)
