"""What the contract suites share: speech with known word times, and the callers' side of the ports."""

from __future__ import annotations

import hashlib
import io
import wave
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from activities.media.probing.pcm import SAMPLE_RATE, Segment, read_pcm
from activities.ports import SpeechAudio
from schema.settings import Settings
from schema.vtt.words import Word

HERE = Path(__file__).parent
SPEECH = HERE / "speech.flac"
SPEECH_SHA256 = hashlib.sha256(SPEECH.read_bytes()).hexdigest()
SPOKEN = TypeAdapter(list[Word]).validate_json((HERE / "speech.json").read_bytes())
"""Every word of `SPEECH` with its true times (see make_speech.py)."""
AUDIO: dict[str, SpeechAudio] = {}
"""What `audio_of` was asked for, by its address in the bucket."""


GEMINI, GEMINI_SPEECH, SPEECH_MODEL, VOICE_FAMILY = (
    str(Settings.model_fields[name].default)
    for name in ("gemini_model", "gemini_speech_model", "speech_model", "speech_voice_model")
)
"""Google's models, as they are where nobody sets them."""


@dataclass
class Kept:
    """Checkpoints in memory."""

    values: dict[str, bytes] = field(default_factory=dict)
    writes: int = 0

    async def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    async def put(self, key: str, value: bytes) -> None:
        self.values[key] = value
        self.writes += 1


@dataclass
class Told:
    """What a provider reported."""

    fractions: list[float] = field(default_factory=list)

    def __call__(self, fraction: float, words: str) -> None:
        self.fractions.append(fraction)


def speech_samples() -> NDArray[np.int16]:
    return read_pcm(SPEECH, Segment(0, 3600 * SAMPLE_RATE))


def write_flac(path: Path, samples: NDArray[np.int16], rate: int = SAMPLE_RATE, layout: str = "mono") -> Path:
    channels = 1 if layout == "mono" else 2
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.repeat(samples, channels)[None, :], format="s16", layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def audio_of(path: Path) -> SpeechAudio:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    with av.open(str(path)) as container:
        duration_ms = (container.duration or 0) // 1000
    audio = SpeechAudio(path=path, uri=f"gs://bucket/{digest}.flac", duration_ms=duration_ms, sha256=digest)
    AUDIO[audio.uri] = audio
    return audio


@dataclass(frozen=True)
class Sound:
    """A decoded WAV."""

    rate: int
    samples: NDArray[np.int16]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def peak(self) -> int:
        return int(np.abs(self.samples.astype(np.int32)).max(initial=0))


def sound_of(wav: bytes) -> Sound:
    """What the bytes hold, which must be mono 16-bit WAV with a true header."""
    with wave.open(io.BytesIO(wav)) as reader:
        assert (reader.getnchannels(), reader.getsampwidth()) == (1, 2)
        data = reader.readframes(reader.getnframes())
        assert len(data) == 2 * reader.getnframes()
        return Sound(reader.getframerate(), np.frombuffer(data, np.int16))


def heard_of_spoken(words: tuple[Word, ...], within_ms: int, offset_ms: int = 0) -> float:
    """The share of the words of `SPEECH` that were heard with both times right, where it began at `offset_ms`."""
    found = 0
    for spoken in SPOKEN:
        found += any(
            word.text.strip(".,?!").lower() == spoken.text.lower()
            and abs(word.start_ms - spoken.start_ms - offset_ms) <= within_ms
            and abs(word.end_ms - spoken.end_ms - offset_ms) <= within_ms
            for word in words
        )
    return found / len(SPOKEN)
