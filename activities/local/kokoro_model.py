"""Kokoro-82M through onnxruntime: runs in a child process, which keeps the model.

Its voices are `carried/kokoro_voices.npz` (Apache-2.0, see `carried/NOTICE`): a style for each length of a text.
"""

from __future__ import annotations

import hashlib
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.local.espeak import phonemes
from activities.local.kokoro_text import breaths
from activities.local.silero_model import quiet_session
from activities.local.weights import KOKORO
from activities.texts.wav import wav_of
from schema.errors import ProviderFailed

if TYPE_CHECKING:
    import onnxruntime

STYLES = Path(__file__).with_name("carried") / "kokoro_voices.npz"
STYLES_SHA256 = "118290293575ad28f2254a99dea15aecd0c3a02ff3487be6d87f49c6ba2abf40"
RATE = 24_000
VERSION = 3
"""Version of the output. Raise it when this module speaks differently."""
_PHONEMES = {
    "a": "gmw/en-US",
    "b": "gmw/en",
    "e": "roa/es",
    "f": "roa/fr",
    "h": "inc/hi",
    "i": "roa/it",
    "p": "roa/pt-BR",
}
"""espeak-ng's voice for each of Kokoro's accents."""
_PACE = {"a": 0.85, "b": 0.8, "e": 0.88, "f": 0.9, "h": 1.0, "i": 0.95, "p": 1.0}
"""Of its own pace: as long as espeak-ng takes at the 160 words a minute that descriptions are written for. Faster, and the
planner's speed-up would take them over what can be followed."""
_LONGEST_STYLE = 509
_LOUDEST = 0.98

Floats = NDArray[np.float32]


class Model(NamedTuple):
    root: str
    threads: int


def speak_wav(model: Model, text: str, voice: str, language: str) -> bytes:
    """`text` as mono 16-bit WAV at 24 kHz. The same text gives the same bytes.

    Raises:
        ProviderFailed: the model or its voices are missing or others, or nothing in the text can be said.
    """
    session, styles = _session(model), _styles()
    accent = voice[0]
    said = partial(phonemes, voice=_PHONEMES[accent])
    sounds = [
        _breath(session, styles[voice], tokens, _PACE[accent])
        for tokens in breaths(text, language, accent, said)
    ]
    if not sounds:
        raise ProviderFailed(f"Kokoro can say nothing of {text!r}.", retryable=False)
    sound = np.concatenate(sounds)
    sound = sound / max(1.0, float(np.abs(sound).max()) / _LOUDEST)
    return wav_of((sound * 32767).astype("<i2").tobytes(), RATE)


def _breath(session: onnxruntime.InferenceSession, style: Floats, tokens: list[int], pace: float) -> Floats:
    inputs = {
        "tokens": np.array([[0, *tokens, 0]], np.int64),
        "style": style[None, min(len(tokens), _LONGEST_STYLE)],
        "speed": np.full(1, pace, np.float32),
    }
    sound: Floats = np.asarray(session.run(None, inputs)[0]).reshape(-1)
    return sound


@cache
def _session(model: Model) -> onnxruntime.InferenceSession:
    folder = KOKORO.check(Path(model.root))
    return quiet_session(str(folder / "model.onnx"), model.threads, keeps_memory=True)


@cache
def _styles() -> dict[str, Floats]:
    if hashlib.sha256(STYLES.read_bytes()).hexdigest() != STYLES_SHA256:
        raise ProviderFailed(f"{STYLES.name} is not Kokoro's: install the package again.", retryable=False)
    with np.load(STYLES) as styles:
        return {name: styles[name].astype(np.float32) for name in styles.files}
