"""Silero's voice activity detector through onnxruntime: runs in a child process, and streams.

The model is `carried/silero_vad_v6.onnx` (MIT, see `carried/NOTICE`). It gives each 32 ms a probability, from the
samples, the last 64 before them, and a state that it hands on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from activities.media.probing.pcm import SAMPLE_RATE, SAMPLES_PER_MS, Samples, stream_pcm
from activities.ports import Progress
from schema.contracts.media import Span
from schema.errors import ProviderFailed

if TYPE_CHECKING:
    import onnxruntime

FILE = Path(__file__).with_name("carried") / "silero_vad_v6.onnx"
SHA256 = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"
MODEL = "silero v6, 1"
"""The last number is ours: raise it when this module hears otherwise."""

_FRAME = 512
_FRAME_MS = _FRAME // SAMPLES_PER_MS
_BEFORE = 64
_BLOCK = 512
"""Frames at a time: 16 s, so that memory does not grow with the length."""
_SPEAKS, _IS_SILENT = 0.5, 0.35
"""Silero's own thresholds: a voice begins at the first, and ends below the second."""
_LEAST_PAUSE = 4
_LEAST_VOICE = 3
"""Frames. The silence of a stop consonant is shorter than the first, a click than the second."""
_EARLY_MS = 16
"""Half a frame: what the probabilities lag behind, measured on speech whose times are known."""


def find_voices(path: Path, progress: Progress | None = None) -> tuple[Span, ...]:
    """Where a voice is heard in the speech audio.

    Raises:
        MediaRefused: the audio is not 16 kHz mono FLAC.
        ProviderFailed: the model is not the one that belongs here.
    """
    voices = _Voices()
    for at, probability in enumerate(_probabilities(path)):
        voices.add(probability)
        if progress and at % (60 * SAMPLE_RATE // _FRAME) == 0:
            progress(0.0, f"{at * _FRAME_MS / 60_000:.0f} minutes searched for speech")
    return voices.spans()


def _probabilities(path: Path) -> Iterator[float]:
    session = _session()
    state = [np.zeros((1, 1, 128), np.float32)] * 2
    before = np.zeros(_BEFORE, np.float32)
    for block in _blocks(path):
        sound = np.concatenate([before, block.astype(np.float32) / 32768])
        frames = np.lib.stride_tricks.sliding_window_view(sound, _BEFORE + _FRAME)[::_FRAME]
        answer, *state = session.run(
            None, {"input": np.ascontiguousarray(frames), "h": state[0], "c": state[1]}
        )
        before = sound[-_BEFORE:]
        yield from np.asarray(answer).reshape(-1).tolist()


def _blocks(path: Path) -> Iterator[Samples]:
    """Whole frames, the last one filled up with silence."""
    rest: Samples = np.zeros(0, np.int16)
    for _, samples in stream_pcm(path):
        rest = np.concatenate((rest, samples))
        while len(rest) >= _BLOCK * _FRAME:
            yield rest[: _BLOCK * _FRAME]
            rest = rest[_BLOCK * _FRAME :]
    if len(rest):
        yield np.pad(rest, (0, -len(rest) % _FRAME))


def _session() -> onnxruntime.InferenceSession:
    """
    Raises:
        ProviderFailed: the model is damaged.
    """
    model = FILE.read_bytes()
    if hashlib.sha256(model).hexdigest() != SHA256:
        raise ProviderFailed(
            f"{FILE.name} is not Silero's model: install the package again.", retryable=False
        )
    return quiet_session(model, threads=1)


def quiet_session(model: bytes | str, threads: int) -> onnxruntime.InferenceSession:
    """An ONNX model on the CPU that says nothing on stderr; a path or its bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@dataclass
class _Voices:
    """Probabilities become stretches."""

    found: list[tuple[int, int]] = field(default_factory=list)
    _at: int = 0
    _begun: int | None = None
    _pause: int | None = None

    def add(self, probability: float) -> None:
        if self._begun is None:
            if probability >= _SPEAKS:
                self._begun, self._pause = self._at, None
        elif probability < _IS_SILENT:
            self._pause = self._at if self._pause is None else self._pause
            if self._at - self._pause + 1 >= _LEAST_PAUSE:
                self._end(self._pause)
        elif probability >= _SPEAKS:
            self._pause = None
        self._at += 1

    def _end(self, at: int) -> None:
        assert self._begun is not None
        if at - self._begun >= _LEAST_VOICE:
            self.found.append((self._begun, at))
        self._begun = None

    def spans(self) -> tuple[Span, ...]:
        if self._begun is not None:
            self._end(self._at if self._pause is None else self._pause)
        return tuple(
            Span(start_ms=max(0, start * _FRAME_MS - _EARLY_MS), end_ms=end * _FRAME_MS - _EARLY_MS)
            for start, end in self.found
        )
