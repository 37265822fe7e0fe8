"""A voice of Piper (VITS) through onnxruntime: runs in a child process, which keeps the voices that it has loaded."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.local.espeak import phonemes
from activities.local.read_aloud import clauses, closes
from activities.local.silero_model import quiet_session
from activities.texts.wav import wav_of
from schema.errors import ProviderFailed

if TYPE_CHECKING:
    import onnxruntime

VERSION = 2
"""Version of the output. Raise it when this module speaks differently."""
_BEGIN, _END, _PAD = "^", "$", "_"
_NO_NOISE = 0.0
"""Its noise is another at each run, and a clip must be the same each time that it is made."""
_PAUSE_S = 0.2
"""Between sentences, as Piper has it."""
_KEPT = 4
_TIE = "\u0361"
_LOUDEST = 0.98

Floats = NDArray[np.float32]


class Model(NamedTuple):
    """A voice as its JSON tells of it. `reader` is espeak-ng's voice, None for one that reads letters; `pace` its length
    scale; `numbers` of each sign."""

    path: str
    rate: int
    reader: str | None
    pace: float
    numbers: tuple[tuple[str, tuple[int, ...]], ...]
    speakers: int
    threads: int


def speak_wav(model: Model, text: str, language: str) -> bytes:
    """`text` as mono 16-bit WAV at the voice's rate. The same text gives the same bytes.

    Raises:
        ProviderFailed: the voice has vanished or is none of Piper's, or nothing in the text can be said.
    """
    if not Path(model.path).is_file():
        _session.cache_clear()
        raise ProviderFailed(
            f"The voice {Path(model.path).stem} has vanished from VOICES: put {Path(model.path).name} back, or choose "
            "another voice.",
            retryable=False,
        )
    pause = np.zeros(int(_PAUSE_S * model.rate), np.float32)
    sounds: list[Floats] = []
    try:
        for tokens in _sentences(model, text, language):
            sounds += [pause, _spoken(model, tokens)] if sounds else [_spoken(model, tokens)]
    except _failures() as error:
        raise ProviderFailed(f"{model.path} of VOICES cannot speak: {error}", retryable=False) from None
    if not sounds:
        raise ProviderFailed(f"{Path(model.path).stem} can say nothing of {text!r}.", retryable=False)
    sound = np.concatenate(sounds)
    sound = sound / max(1.0, float(np.abs(sound).max()) / _LOUDEST)
    return wav_of((sound * 32767).astype("<i2").tobytes(), model.rate)


def _sentences(model: Model, text: str, language: str) -> Iterator[list[int]]:
    """Each sentence as the numbers of its signs, with a pad after each."""
    numbers = dict(model.numbers)
    signs = ""
    for words, mark in clauses(text, language):
        signs += (" " if signs else "") + _signs(model, words) + mark
        if closes(mark):
            yield from _numbered(signs, numbers)
            signs = ""
    yield from _numbered(signs, numbers)


def _signs(model: Model, words: str) -> str:
    read = words.casefold() if model.reader is None else phonemes(words, model.reader)
    return unicodedata.normalize("NFD", read).replace(_TIE, "")


def _numbered(signs: str, numbers: dict[str, tuple[int, ...]]) -> Iterator[list[int]]:
    pad = numbers.get(_PAD, (0,))
    said = [number for sign in signs if sign in numbers for number in (*numbers[sign], *pad)]
    if any(sign.isalpha() and sign in numbers for sign in signs):
        yield [*numbers.get(_BEGIN, ()), *pad, *said, *numbers.get(_END, ())]


def _spoken(model: Model, tokens: list[int]) -> Floats:
    inputs: dict[str, NDArray[np.generic]] = {
        "input": np.array([tokens], np.int64),
        "input_lengths": np.array([len(tokens)], np.int64),
        "scales": np.array([_NO_NOISE, model.pace, _NO_NOISE], np.float32),
    }
    if model.speakers > 1:
        inputs["sid"] = np.zeros(1, np.int64)
    sound: Floats = np.asarray(_session(model).run(None, inputs)[0], np.float32).reshape(-1)
    return sound


@lru_cache(maxsize=_KEPT)
def _session(model: Model) -> onnxruntime.InferenceSession:
    return quiet_session(model.path, model.threads, keeps_memory=True)


def _failures() -> tuple[type[Exception], ...]:
    """What onnxruntime raises has no base of its own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (state.Fail, state.InvalidArgument, state.InvalidProtobuf, state.InvalidGraph, state.NoSuchFile)
