"""One piece of speech through Whisper (faster-whisper on ctranslate2): runs in a child process, which keeps the model.

It reads no hub: the model is a folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, partial
from importlib.metadata import version
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from activities.local.alignment import ALIGNER, align
from activities.local.pieces import Piece
from activities.local.weights import WHISPER
from activities.local.whisper_languages import UNSPACED, language_of
from activities.local.whisper_windows import heard_in, stretches_of
from activities.local.word_times import snap
from activities.media.probing.pcm import SAMPLES_PER_MS, Samples, read_pcm
from schema.contracts.media import Span
from schema.errors import ProviderFailed
from schema.vtt.words import Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

_VERSION = 3
"""Version of the output. Raise it when this module hears differently."""
_LEAST_RUN = 4
"""Fewer words are not aligned by themselves."""
_CLOSING = ".,;:!?…%)]}»”’\"'。，、！？；：」』）"


class Model(NamedTuple):
    """Which one: `root` is where the weights lie that are held to their hashes, or else `folder` is somebody's own."""

    folder: str
    root: str | None
    threads: int


def engine_of(model: str) -> str:
    """What a result depends on beside the sound and its language."""
    parts = (f"faster-whisper {version('faster-whisper')}", ALIGNER, str(_VERSION))
    return f"whisper {model}, {', '.join(parts)}"


class Heard(NamedTuple):
    """A word, in milliseconds of its piece. `joined` goes on with the word before it; `language` is not the job's."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float
    joined: bool
    language: str | None = None


def hear(model: Model, path: Path, piece: Piece, speech: Sequence[Span], language: str) -> tuple[Word, ...]:
    """The words of a piece on the file's timeline, each in one of its stretches of `speech`.

    Raises:
        MediaRefused: the audio is not what probe writes.
        ProviderFailed: the model is not there, or is another.
    """
    samples = np.concatenate([read_pcm(path, part) for part in piece.parts])
    if not len(samples):
        return ()
    heard = _whole(_listen(_load(model), samples, piece, language), language)
    if not heard:
        return ()
    heard = _aligned(heard, samples, language)
    first, last = piece.parts[0].start // 16, piece.parts[-1].end // 16
    within = [span for span in speech if span.end_ms > first and span.start_ms < last]
    return snap([_placed(word, piece) for word in heard], within)


@cache
def _load(model: Model) -> WhisperModel:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from faster_whisper import WhisperModel

    if model.root is not None:
        WHISPER.check(Path(model.root))
    try:
        return WhisperModel(
            model.folder,
            device="cpu",
            compute_type="int8",
            cpu_threads=model.threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ProviderFailed(
            f"{model.folder} holds no Whisper model that ctranslate2 can read: {error}", retryable=False
        ) from error


def _listen(model: WhisperModel, samples: Samples, piece: Piece, language: str) -> list[Heard]:
    sound, length_ms = samples.astype(np.float32) / 32768, len(samples) // 16
    segments_of = partial(_segments, model)
    return [
        Heard(
            text=word.word.strip(),
            start_ms=min(round((offset_s + float(word.start)) * 1000), length_ms),
            end_ms=min(round((offset_s + float(word.end)) * 1000), length_ms),
            confidence=round(min(1.0, max(0.0, float(word.probability))), 3),
            joined=not word.word[:1].isspace(),
            language=other,
        )
        for segment, offset_s, other in heard_in(model, sound, stretches_of(piece), language, segments_of)
        for word in segment.words or ()
        if word.word.strip()
    ]


def _segments(model: WhisperModel, sound: Any, language: str, **more: Any) -> list[Any]:
    """Without sampling, so that the same sound gives the same words; without the text before, which spreads errors."""
    segments, _ = model.transcribe(
        sound,
        language=language,
        beam_size=1,
        temperature=0.0,
        condition_on_previous_text=False,
        word_timestamps=True,
        vad_filter=False,
        **more,
    )
    return list(segments)


def _whole(heard: Sequence[Heard], language: str) -> list[Heard]:
    """Parts of one word, as in `well-known` or `20%`, joined; a word is as sure as its least sure part."""
    words: list[Heard] = []
    for part in heard:
        apart = (part.language or language) in UNSPACED and part.text[0] not in _CLOSING
        if words and part.joined and not apart and words[-1].language == part.language:
            before = words.pop()
            words.append(
                before._replace(
                    text=before.text + part.text,
                    end_ms=max(before.end_ms, part.end_ms),
                    confidence=min(before.confidence, part.confidence),
                )
            )
        else:
            words.append(part)
    return words


def _aligned(heard: Sequence[Heard], samples: Samples, language: str) -> list[Heard]:
    """Words at the times at which they are said, where they can be aligned: run by run, each of one language."""
    runs = [list(run) for _, run in groupby(heard, key=lambda word: word.language)]
    between = (_between(one[-1], other[0]) for one, other in pairwise(runs))
    cuts = [0, *accumulate(between, max), len(samples)]  # runs that were heard apart may overlap
    return [
        word
        for run, (start, end) in zip(runs, pairwise(cuts), strict=True)
        for word in _fitted(run, samples, start, end, run[0].language or language)
    ]


def _fitted(run: list[Heard], samples: Samples, start: int, end: int, language: str) -> list[Heard]:
    """Words in the samples from `start` to `end`. Where they do not fit as a whole, the two sides of the longest pause
    may, each by itself; words of neither stay where they were heard."""
    times = align(samples[start:end], [word.text for word in run], language)
    if times is not None:
        before = start // SAMPLES_PER_MS
        return [
            word._replace(start_ms=before + since, end_ms=before + until)
            for word, (since, until) in zip(run, times, strict=True)
        ]
    places = range(_LEAST_RUN, len(run) - _LEAST_RUN + 1)
    if not places:
        return run
    at = max(places, key=lambda place: run[place].start_ms - run[place - 1].end_ms)
    cut = min(max(start, _between(run[at - 1], run[at])), end)
    return [
        *_fitted(run[:at], samples, start, cut, language),
        *_fitted(run[at:], samples, cut, end, language),
    ]


def _between(one: Heard, other: Heard) -> int:
    """The sample in the middle of the pause between two words."""
    return (one.end_ms + other.start_ms) * SAMPLES_PER_MS // 2


def _placed(word: Heard, piece: Piece) -> Word:
    """On the file's timeline. A word that lies over a seam belongs where it has most of its time."""
    seams = [0]
    for part in piece.parts:
        seams.append(seams[-1] + (part.end - part.start) // 16)
    start, end = word.start_ms, max(word.end_ms, word.start_ms)
    shares = [(min(end, after) - max(start, before), before, after) for before, after in pairwise(seams)]
    _, before, after = max(shares)
    start, end = max(start, before), min(end, after)
    return Word(
        text=word.text,
        start_ms=piece.source_ms(start),
        end_ms=max(piece.source_ms(start), piece.source_ms(end, ends=True)),
        confidence=word.confidence,
        language=language_of(word.language) if word.language else None,
    )
