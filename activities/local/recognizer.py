"""English speech to text on this machine, by pocketsphinx: a draft, at a tenth to a quarter of real time a core."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from activities.local.pocketsphinx_model import MODEL, hear
from activities.local.resident import Resident
from activities.media.probing.pcm import SAMPLE_RATE, Segment, find_segments
from activities.ports import Checkpoints, Progress, SpeechAudio
from activities.running.child import run_in_child
from schema import objects
from schema.errors import ProviderFailed
from schema.vtt.words import Transcript, Word

_SEGMENT_TIMEOUT_S = 900.0
"""Thirty times real time for the longest segment: only a process that hangs takes so long."""
_BEAT_S = 2.0
_BEHIND = 5
"""It takes every core for as long as it listens; what runs beside it has one thread, and is waited for as well."""
_Words = TypeAdapter(tuple[Word, ...])


@dataclass
class _Work:
    """One transcription on its way."""

    audio: SpeechAudio
    segments: list[Segment]
    checkpoints: Checkpoints
    progress: Progress
    heard: dict[Segment, tuple[Word, ...]] = field(default_factory=dict)

    def report(self) -> None:
        done = sum(segment.end - segment.start for segment in self.heard)
        total = self.segments[-1].end
        self.progress(
            done / total, f"{done / SAMPLE_RATE / 60:.1f} of {total / SAMPLE_RATE / 60:.1f} minutes heard"
        )


class PocketsphinxRecognizer:
    """Segments cut at silences, decoded in parallel, each kept as a checkpoint once it is heard."""

    engine = MODEL
    is_draft = True
    most_terms = 0
    name = "pocketsphinx"

    def __init__(self, processes: int = 0, *, instead_of: str | None = None) -> None:
        """`processes` at once; 0 for one a core. It says whose place it takes."""
        if instead_of is not None:
            self.name = f"pocketsphinx, for want of {instead_of}"
        self._processes = processes or os.cpu_count() or 1

    def languages(self) -> frozenset[str]:
        """English alone: the package ships no other model."""
        return frozenset({"en"})

    async def recognize(
        self, audio: SpeechAudio, language: str, checkpoints: Checkpoints, progress: Progress
    ) -> Transcript:
        """Words in time order, within about 40 ms of where they are spoken; confidences are posteriors.

        Raises:
            ProviderFailed: the language is not English, or a decoding process died.
            MediaRefused: the audio is not what probe writes.
        """
        if language.split("-")[0].lower() != "en":
            raise ProviderFailed(
                f"pocketsphinx hears English only, not {language}: set TRANSCRIBE_PROVIDER to google.",
                retryable=False,
            )
        segments = await run_in_child(find_segments, audio.path)
        work = _Work(audio, segments, checkpoints, progress)
        if segments:
            await self._hear_all(work)
        words = tuple(word for segment in segments for word in work.heard[segment])
        return Transcript(language=language, words=words, punctuated=False, provider=self.name, draft=True)

    async def _hear_all(self, work: _Work) -> None:
        queue = iter(work.segments)
        try:
            async with asyncio.TaskGroup() as group:
                beat = group.create_task(_beat(work))
                async with asyncio.TaskGroup() as lanes:
                    for _ in range(min(self._processes, len(work.segments))):
                        lanes.create_task(_lane(work, queue))
                beat.cancel()
        except BaseExceptionGroup as group_error:
            raise _first(group_error) from None
        work.report()


async def _beat(work: _Work) -> None:
    """A long segment must not look like a dead worker."""
    while True:
        work.report()
        await asyncio.sleep(_BEAT_S)


async def _lane(work: _Work, queue: Iterator[Segment]) -> None:
    """Take segments until there are none; the process starts with the first that no checkpoint holds."""
    resident = Resident(niceness=_BEHIND)
    try:
        for segment in queue:
            key = _key(work.audio, segment)
            kept = await work.checkpoints.get(key)
            if kept is None:
                words = await resident.call(hear, work.audio.path, segment, timeout_s=_SEGMENT_TIMEOUT_S)
                await work.checkpoints.put(key, _Words.dump_json(words))
            else:
                words = _Words.validate_json(kept)
            work.heard[segment] = words
    finally:
        resident.close()


def _key(audio: SpeechAudio, segment: Segment) -> str:
    return f"pocketsphinx-{objects.hash_of(MODEL, audio.sha256, segment.start, segment.end)}"


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended a group of tasks: the others were cancelled because of it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
