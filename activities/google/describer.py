"""Watching a video by Gemini: a few minutes at a time, straight from the bucket, answered scene by scene."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from google.genai import types
from pydantic import TypeAdapter

from activities.google.gemini import SERVICE, OfGemini, ask_json
from activities.google.locales import HEARD, languages_of
from activities.media.files.choice import tracks_of
from activities.ports import Checkpoints, Progress, SceneSight, Sight
from activities.running.by_id import Answers, KeptAnswers, complete
from activities.running.in_flight import finish_all
from activities.texts.told import HOW_TO_TELL, SceneAnswer, asked_style, sight_of, spans_of, styled
from schema import objects
from schema.contracts.media import MediaReport, Span
from schema.errors import ProviderFailed
from schema.vtt.text import primary

_REVISION = 3
_WINDOW_MS = 5 * 60_000
_WINDOW_SCENES = 30
_AT_ONCE = 3
_FRAMES_PER_S = 2.0
_CONTAINERS = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mpeg": "video/mpeg",
    "flv": "video/x-flv",
    "asf": "video/wmv",
    "3gp": "video/3gpp",
}
_WEBM_CODECS = frozenset({"vp8", "vp9", "av1"})

_INSTRUCTION = (
    "You write audio description for blind and low-vision people, in {language} (BCP 47), from a part of a video.\n"
    "The user gives the video part and JSON with its `scenes`: an id, and start and end in seconds from the part's "
    "beginning. " + HOW_TO_TELL
)
_Answers = TypeAdapter(list[SceneAnswer])


class GeminiDescriber(OfGemini):
    """Each answer is kept as a checkpoint, so that a crash repeats those in flight at most."""

    name = "gemini"
    revision = _REVISION
    is_draft = True
    """A description by a model goes to a writer, whoever the vendor is."""

    def languages(self) -> frozenset[str]:
        return languages_of(HEARD)

    def sees(self, report: MediaReport) -> bool:
        """Files that Gemini opens and that have one picture: it cannot be told which."""
        return _mime(report) is not None and not tracks_of(report).further_pictures

    async def watch(
        self,
        video: Path,
        uri: str,
        report: MediaReport,
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
        style: str = "",
    ) -> Sight:
        """Every scene of `report`, long takes in parts. Google reads `uri` itself.

        Raises:
            ProviderFailed: Gemini does not open such files, Google refused or failed, or no scene got a usable answer.
        """
        if primary(language) not in {primary(code) for code in self.languages()}:
            raise ProviderFailed(f"{SERVICE} is not offered for {language}.", retryable=False)
        mime = _mime(report)
        if mime is None:
            raise ProviderFailed(f"{SERVICE} does not open {report.container} files.", retryable=False)
        windows = list(_windows(spans_of(report)))
        unusable: list[str] = []
        done = 0
        progress(0.0, f"{SERVICE} has the video")

        async def watch_window(window: Sequence[Span]) -> tuple[SceneSight, ...]:
            nonlocal done

            def key_of(ids: Sequence[str]) -> str:
                spans = [window[int(id_)] for id_ in ids]
                of = objects.hash_of(
                    self._model, _REVISION, uri, report.size_bytes, language, spans, *asked_style(style)
                )
                return f"gemini-sight-{of}"

            kept = KeptAnswers(checkpoints, _Answers, key_of)
            scenes, untold = await self._window(
                uri, mime, styled(_INSTRUCTION.format(language=language), style), window, kept
            )
            unusable.extend(untold)
            done += 1
            progress(done / len(windows), f"{SERVICE} has watched {done} of {len(windows)} parts")
            return scenes

        seen = await finish_all((partial(watch_window, window) for window in windows), _AT_ONCE)
        if unusable and len(unusable) == sum(map(len, windows)):
            raise ProviderFailed(f"{SERVICE} gave no usable answer: {unusable[0]}.", retryable=False)
        return Sight(
            language=language,
            provider=self.name,
            draft=self.is_draft,
            scenes=tuple(scene for scenes in seen for scene in scenes),
        )

    async def _window(
        self, uri: str, mime: str, instruction: str, window: Sequence[Span], kept: KeptAnswers[SceneAnswer]
    ) -> tuple[tuple[SceneSight, ...], list[str]]:
        """The scenes; and of those that got no usable answer, why. Such a one is for the writer."""

        async def ask(ids: Sequence[str]) -> Answers[SceneAnswer]:
            spans = [window[int(id_)] for id_ in ids]
            first, last = spans[0].start_ms, spans[-1].end_ms
            clip = types.Part(
                file_data=types.FileData(file_uri=uri, mime_type=mime),
                video_metadata=types.VideoMetadata(
                    start_offset=_seconds(first), end_offset=_seconds(last), fps=_FRAMES_PER_S
                ),
            )
            scenes = [
                {"id": id_, "start": (span.start_ms - first) / 1000, "end": (span.end_ms - first) / 1000}
                for id_, span in zip(ids, spans, strict=True)
            ]
            question = types.Part(text=json.dumps({"scenes": scenes}))
            answers = await ask_json(self._client, self._model, instruction, [clip, question], SceneAnswer)
            return [(answer.id, answer) for answer in answers]

        named = {str(place): f"the scene at {_seconds(span.start_ms)}" for place, span in enumerate(window)}
        untold: list[str] = []

        def give_up(id_: str, why: str) -> SceneAnswer:
            untold.append(why)
            note = f"{SERVICE} could not tell what is seen: {why}."
            return SceneAnswer(id=id_, description=None, on_screen_text=[], note=note, confidence=0)

        ids = [str(place) for place in range(len(window))]
        answers = await complete(ids, ask, SERVICE, named, kept, give_up)
        return tuple(sight_of(span, answers[str(place)]) for place, span in enumerate(window)), untold


def _windows(spans: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """Neighbouring scenes in parts of a few minutes."""
    window: list[Span] = []
    for span in spans:
        if window and (span.end_ms - window[0].start_ms > _WINDOW_MS or len(window) == _WINDOW_SCENES):
            yield tuple(window)
            window = []
        window.append(span)
    if window:
        yield tuple(window)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}s"


def _mime(report: MediaReport) -> str | None:
    """None where Gemini does not open such files."""
    container = report.container
    if container == "matroska" and report.video.codec in _WEBM_CODECS:
        container = "webm"
    return _CONTAINERS.get(container)
