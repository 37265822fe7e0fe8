"""The video: its contents, and its speech."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from activities.command.arguments import Asked
from activities.command.bar import Bar
from activities.command.refusals import Refused, naming, need_file
from activities.command.texts import read_text, read_words
from activities.command.values import folder_of
from activities.local.silero import SileroDetector
from activities.media.cache import RangeCache, digest
from activities.media.mix.identity import fingerprint
from activities.media.probing.dub import examine_dub
from activities.media.probing.examine import examine
from activities.media.probing.probe import Limits
from activities.media.probing.voices import with_voices
from activities.report.rehearsed import rehearse_seen
from activities.running.child import run_in_child
from schema.contracts.media import MediaReport
from schema.contracts.providers import knows
from schema.errors import Misconfigured
from schema.plan.programme import timebase_of
from schema.vtt import Document, Transcript

if TYPE_CHECKING:
    from activities.ports import SpeechRecognizer

_VERSION = 3
"""Raise this when examining finds more than before."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The results of examining a video."""

    report: MediaReport
    speech_audio: Path | None
    id: str
    """Of its content."""


@dataclass(frozen=True, slots=True)
class Said:
    """The speech in the described sound."""

    transcript: Transcript
    captions: Document | None
    """As they were brought."""

    @property
    def heard(self) -> Document:
        return self.captions or Document.of(())


async def examine_video(asked: Asked, cache: RangeCache, bar: Bar) -> Examined:
    """Examines everything that later steps need, once per file.

    Raises:
        Refused: it is no video that can be served.
    """
    path = asked.video
    identity = fingerprint(need_file(path))

    async def look(flac: Path) -> MediaReport:
        bar.phase("examining")
        with naming(path):
            report = await examine(path, Limits(), asked.tracks, flac, bar)
            return await run_in_child(rehearse_seen, path, report, flac.parent, cache.folder, identity)

    report, flac = await _once(cache, digest("examined", _VERSION, identity, asked.tracks.model_dump()), look)
    return Examined(report, flac if report.has_audio else None, identity)


async def examine_sound_of(dub: Path, video: Examined, cache: RangeCache, bar: Bar) -> Examined:
    """Examines `video` with the dub as its only sound.

    Raises:
        Refused: it is no sound, or not as long as the video.
    """
    rate = timebase_of(video.report).rate

    async def listen(flac: Path) -> MediaReport:
        progress = bar.phase("examining the dub")
        with naming(dub):
            return await run_in_child(examine_dub, dub, video.report, rate, flac, on_progress=progress)

    key = digest("dubbed", _VERSION, video.id, fingerprint(need_file(dub)), rate, str(video.report.tracks))
    report, flac = await _once(cache, key, listen)
    return Examined(report, flac, video.id)


async def _once(
    cache: RangeCache, key: str, examine: Callable[[Path], Awaitable[MediaReport]]
) -> tuple[MediaReport, Path]:
    """A report with its speech audio: stored ones, or else made by `examine`."""
    kept, flac = cache.find("examined", key), cache.find("speech", key)
    if kept and flac:
        with suppress(ValueError):  # one of another version is made again
            return MediaReport.model_validate_json(kept.read_bytes()), flac
    with cache.writing("speech", key) as target:
        report = await examine(target)
        report = await with_voices(report, SileroDetector(), target, lambda *_: None)
    with cache.writing("examined", key) as target:
        target.write_text(report.model_dump_json())
    return report, cache.path("speech", key)


def read_speech(asked: Asked) -> Said | None:
    """Reads words and captions given by the caller, if any.

    Raises:
        Refused: one of them cannot be read.
    """
    language = asked.heard_language
    captions = read_text(asked.captions, language) if asked.captions else None
    if asked.words:
        return Said(read_words(asked.words), captions)
    if captions is None:
        return None
    return Said(Transcript(language=language, provider="captions", punctuated=True, draft=False), captions)


async def hear_speech(asked: Asked, examined: Examined, cache: RangeCache, bar: Bar) -> Said:
    """Recognises the speech locally.

    Raises:
        Refused: nobody here can hear this language.
    """
    language = asked.heard_language
    if examined.speech_audio is None:
        return Said(Transcript(language=language, provider="none", punctuated=True, draft=False), None)
    return Said(await _hear(examined, examined.speech_audio, language, cache, bar), None)


async def _hear(examined: Examined, flac: Path, language: str, cache: RangeCache, bar: Bar) -> Transcript:
    from activities.ports import SpeechAudio

    recognizer = _recognizer()
    known = recognizer.languages()
    if not knows(known, language):
        raise Refused(
            f"The local recogniser hears {', '.join(sorted(known))} and not {language}: give --words or --captions, "
            "or say with --source-language what is spoken in the video."
        )
    with flac.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    audio = SpeechAudio(flac, flac.as_uri(), examined.report.duration_ms, sha256, examined.report.speech)
    return await recognizer.recognize(audio, language, _Kept(cache), bar.phase("listening"))


def _recognizer() -> SpeechRecognizer:
    from activities.local.listening import local_recognizer

    try:
        return local_recognizer(
            SileroDetector(), folder=folder_of("WHISPER_MODEL"), weights=folder_of("WEIGHTS")
        )
    except Misconfigured as error:
        raise Refused(
            f"{error.message} Or give --words or --captions: nothing here assumes that nobody speaks."
        ) from error


class _Kept:
    """`Checkpoints` in the cache."""

    def __init__(self, cache: RangeCache) -> None:
        self._cache = cache

    async def get(self, key: str) -> bytes | None:
        found = self._cache.find("words", digest("words", key))
        return found.read_bytes() if found else None

    async def put(self, key: str, value: bytes) -> None:
        with self._cache.writing("words", digest("words", key)) as path:
            path.write_bytes(value)
