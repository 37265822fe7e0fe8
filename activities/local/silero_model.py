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
_DAWNS, _LONGEST_DAWN = 0.1, 16
"""After a long silence it takes a while to be sure: a voice began where the probability last rose from below the first,
by at most so many frames. On speech in noise whose times are known that is 0.3 s sooner, and true to 30 ms."""
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
    listen, voices = _Listener(), _Voices()
    length = 0
    for block in _blocks(path):
        for probability in listen(block):
            voices.add(probability)
        length += len(block)
        if progress:
            progress(0.0, f"{length / SAMPLE_RATE / 60:.1f} minutes searched for speech")
    return voices.spans(length // SAMPLES_PER_MS)


def _blocks(path: Path) -> Iterator[Samples]:
    """Whole frames, but for the last."""
    rest: Samples = np.zeros(0, np.int16)
    for _, samples in stream_pcm(path):
        rest = np.concatenate((rest, samples))
        while len(rest) >= _BLOCK * _FRAME:
            yield rest[: _BLOCK * _FRAME]
            rest = rest[_BLOCK * _FRAME :]
    if len(rest):
        yield rest


class _Listener:
    """How likely a voice is in each frame of blocks that follow each other; the last one is filled up with silence."""

    def __init__(self) -> None:
        self._session = _session()
        self._state = [np.zeros((1, 1, 128), np.float32)] * 2
        self._before = np.zeros(_BEFORE, np.float32)

    def __call__(self, block: Samples) -> list[float]:
        whole = np.pad(block, (0, -len(block) % _FRAME)).astype(np.float32) / 32768
        sound = np.concatenate([self._before, whole])
        frames = np.lib.stride_tricks.sliding_window_view(sound, _BEFORE + _FRAME)[::_FRAME]
        inputs = {"input": np.ascontiguousarray(frames), "h": self._state[0], "c": self._state[1]}
        answer, *self._state = self._session.run(None, inputs)
        self._before = sound[-_BEFORE:]
        return [float(each) for each in np.asarray(answer).reshape(-1)]


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


def quiet_session(
    model: bytes | str, threads: int, *, keeps_memory: bool = False
) -> onnxruntime.InferenceSession:
    """An ONNX model on the CPU, a path or its bytes, that says nothing on stderr and whose threads do not spin while
    they wait. With `keeps_memory` it is quicker by a fifth the next time."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.enable_cpu_mem_arena = keeps_memory
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@dataclass
class _Voices:
    """Probabilities become stretches."""

    found: list[tuple[int, int]] = field(default_factory=list)
    _at: int = 0
    _begun: int | None = None
    _pause: int | None = None
    _dawn: int = 0
    """The frame since which the probability has not been below `_DAWNS`."""

    def add(self, probability: float) -> None:
        if probability < _DAWNS:
            self._dawn = self._at + 1
        if self._begun is None:
            if probability >= _SPEAKS:
                self._begun, self._pause = max(self._dawn, self._at - _LONGEST_DAWN), None
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
        self._dawn = max(self._dawn, at)

    def spans(self, length_ms: int) -> tuple[Span, ...]:
        if self._begun is not None:
            self._end(self._at if self._pause is None else self._pause)
        return tuple(
            Span(
                start_ms=max(0, start * _FRAME_MS - _EARLY_MS),
                end_ms=min(length_ms, end * _FRAME_MS - _EARLY_MS),
            )
            for start, end in self.found
        )
