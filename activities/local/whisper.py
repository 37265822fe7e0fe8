"""Speech to text on this machine by Whisper, in 99 languages: a draft, at a twelfth of real time on two cores."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from activities.local.pieces import Piece, make_pieces
from activities.local.resident import Resident, Residents
from activities.local.weights import WHISPER
from activities.local.whisper_languages import LANGUAGES, whisper_code
from activities.local.whisper_model import Model, engine_of, hear
from activities.media.probing.pcm import SAMPLE_RATE, SAMPLES_PER_MS, quietest_in
from activities.ports import Checkpoints, Progress, SpeechAudio, SpeechDetector
from activities.running.child import run_in_child
from schema import objects
from schema.contracts.media import Span
from schema.errors import Misconfigured, ProviderFailed
from schema.vtt.words import Transcript, Word

_PIECE_TIMEOUT_S = 900.0
"""Thirty times real time: only a process that hangs takes so long."""
_BEAT_S = 2.0
_BEHIND = 5
"""It takes every core for as long as it listens; what runs beside it has one thread, and is waited for as well."""
_ENGLISH_ALONE = 51_864
"""Words in the vocabulary of a model that was taught no other language; the others have one more, or two."""
_Words = TypeAdapter(tuple[Word, ...])


@dataclass
class _Work:
    """One transcription on its way."""

    audio: SpeechAudio
    language: str
    """As Whisper calls it."""
    speech: tuple[Span, ...]
    pieces: list[Piece]
    checkpoints: Checkpoints
    progress: Progress
    heard: list[Word] = field(default_factory=list)
    done: int = 0
    """Samples."""

    def report(self) -> None:
        total = sum(piece.length for piece in self.pieces) or 1
        minutes = f"{self.done / SAMPLE_RATE / 60:.1f} of {total / SAMPLE_RATE / 60:.1f}"
        self.progress(self.done / total, f"{minutes} minutes of speech heard")


class WhisperRecognizer:
    """Pieces of half a minute, one after the other, each kept as a checkpoint once it is heard. Only what the speech
    detector takes for speech is listened to: in silence and noise Whisper invents. It is given no terms of the client's:
    with them (`hotwords`) it heard these very names in noise, and misheard other words."""

    is_draft = True
    most_terms = 0

    def __init__(
        self, detector: SpeechDetector, *, folder: Path | None = None, root: Path, threads: int = 0
    ) -> None:
        """`folder` is a model of somebody's own, or else the pinned one lies in `root`. `threads` 0 is one a core.

        Raises:
            Misconfigured: there is no model in `folder`.
        """
        self._detector = detector
        self._folder = folder or WHISPER.folder(root)
        self._model = Model(str(self._folder), None if folder else str(root), threads or os.cpu_count() or 1)
        if folder is not None and not (folder / "model.bin").is_file():
            raise Misconfigured(
                f"WHISPER_MODEL is {folder}, which holds no model.bin: name the folder of a Whisper model that was "
                "converted for ctranslate2."
            )
        self.name = "whisper" if folder else "whisper-base"
        content = WHISPER.files["model.bin"][:12] if folder is None else _content(folder)
        self.engine = f"{engine_of(content)}, {detector.engine}"
        self._residents = Residents(niceness=_BEHIND)

    def languages(self) -> frozenset[str]:
        """Those that the model was taught; how well it knows them differs widely."""
        vocabulary = self._folder / "vocabulary.txt"
        if vocabulary.is_file():
            with vocabulary.open("rb") as lines:
                if sum(1 for _ in lines) <= _ENGLISH_ALONE:
                    return frozenset({"en"})
        return LANGUAGES

    async def recognize(
        self, audio: SpeechAudio, language: str, checkpoints: Checkpoints, progress: Progress
    ) -> Transcript:
        """Words in time order with punctuation, those of another language than the job's in that. The ends of a stretch
        of speech are true to about 30 ms in every language; all words to about that in English, and inside a stretch
        of another language that espeak-ng reads to a tenth of a second, else to a quarter.

        Raises:
            ProviderFailed: the language is not known, the model is another, or the process died.
            MediaRefused: the audio is not what probe writes.
        """
        code = whisper_code(language)
        if code is None or (code != "en" and self.languages() == {"en"}):
            raise ProviderFailed(
                f"{self.name} does not hear {language}: set TRANSCRIBE_PROVIDER to google.", retryable=False
            )
        progress(0.0, "searching for speech")
        speech = audio.speech
        if speech is None:
            speech = await self._detector.detect(audio.path, lambda *_: None)
        pieces = await run_in_child(_pieces, audio.path, speech, audio.duration_ms)
        work = _Work(audio, code, speech, pieces, checkpoints, progress)
        await self._hear_all(work)
        return Transcript(
            language=language, words=tuple(work.heard), punctuated=True, provider=self.name, draft=True
        )

    async def _hear_all(self, work: _Work) -> None:
        beat = asyncio.create_task(_beat(work.report))
        try:
            with self._residents.one() as resident:
                for piece in work.pieces:
                    work.heard += await self._hear(work, piece, resident)
                    work.done += piece.length
        finally:
            beat.cancel()
        work.progress(1.0, "all speech heard")

    async def _hear(self, work: _Work, piece: Piece, resident: Resident) -> tuple[Word, ...]:
        made_of = (self.engine, work.audio.sha256, work.language, *piece.parts)
        key = f"whisper-{objects.hash_of(*made_of)}"
        kept = await work.checkpoints.get(key)
        if kept is not None:
            return _Words.validate_json(kept)
        words = await resident.call(
            hear, self._model, work.audio.path, piece, work.speech, work.language, timeout_s=_PIECE_TIMEOUT_S
        )
        await work.checkpoints.put(key, _Words.dump_json(words))
        return words

    def close(self) -> None:
        """End the processes that keep the model; a later call starts others."""
        self._residents.close()


async def _beat(report: Callable[[], None]) -> None:
    """A long piece must not look like a dead worker."""
    while True:
        report()
        await asyncio.sleep(_BEAT_S)


def _pieces(path: Path, speech: tuple[Span, ...], duration_ms: int) -> list[Piece]:
    """
    Raises:
        MediaRefused: the audio is not what probe writes.
    """
    return make_pieces(speech, duration_ms * SAMPLES_PER_MS, lambda part: quietest_in(path, part))


def _content(folder: Path) -> str:
    """What tells one model from another without reading gigabytes: names, sizes and the configuration."""
    files = sorted((file.name, file.stat().st_size) for file in folder.iterdir() if file.is_file())
    config = folder / "config.json"
    return objects.hash_of(files, config.read_text() if config.is_file() else "")[:12]
