"""Describes a video with a model behind the OpenAI chat API: a few pictures of each scene, answered scene by scene."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Self

from babel import Locale
from pydantic import TypeAdapter

from activities.chat.client import SERVICE, ChatClient
from activities.media.files.choice import tracks_of
from activities.media.probing.frames import pick_times
from activities.media.probing.stills import read_stills
from activities.ports import Checkpoints, Progress, SceneSight, Sight
from activities.running.by_id import Answers, KeptAnswers, complete
from activities.running.child import run_in_child
from activities.running.in_flight import finish_all
from activities.texts.told import HOW_TO_TELL, SceneAnswer, asked_style, sight_of, spans_of, styled
from schema import objects
from schema.contracts.media import MediaReport, Span
from schema.errors import ProviderFailed
from schema.settings import Settings
from schema.vtt.text import primary

_REVISION = 2
_SCENES = 4
"""Scenes per question. Small models take about a dozen pictures."""
_AT_ONCE = 2
_LONGEST_SIDE = 512

_INSTRUCTION = (
    "You write audio description for blind and low-vision people, in {language} (BCP 47), from pictures of a video.\n"
    "The user gives JSON with `scenes`: an id, start and end in seconds, and `pictures`, the numbers of the pictures "
    "that show it, counted from 1 in the order in which they are attached. Answer with an object whose `answers` is a "
    "list. " + HOW_TO_TELL
)
_Answers = TypeAdapter(list[SceneAnswer])


class ChatDescriber:
    """Stores each answer as a checkpoint, so that a crash only repeats those in flight."""

    name = "chat"
    is_draft = True
    """A model's description is always a draft for a writer, whatever the vendor."""

    def __init__(self, client: ChatClient, model: str) -> None:
        self._client = client
        self.engine = f"chat {model}, {_REVISION}"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        client = ChatClient.of(settings)
        return cls(client, client.model)

    def languages(self) -> frozenset[str]:
        """Every language. The quality depends on the model."""
        return frozenset(code for code in map(str, Locale("en").languages) if code.isalpha())

    def sees(self, report: MediaReport) -> bool:
        """Every file, because the pictures are read here."""
        return True

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
        """Every scene of `report`, long takes in parts.

        Raises:
            ProviderFailed: the server refused or failed, or no scene got a usable answer.
            MediaRefused: the video cannot be read.
        """
        if primary(language) not in self.languages():
            raise ProviderFailed(f"There is no language {language}.", retryable=False)
        spans = spans_of(report)
        windows = [spans[at : at + _SCENES] for at in range(0, len(spans), _SCENES)]
        untold: list[str] = []
        done = 0
        progress(0.0, f"{SERVICE} is asked of {len(spans)} scenes")

        async def look(window: Sequence[Span]) -> list[SceneSight]:
            nonlocal done
            told = await self._window(
                video, uri, report, (language, *asked_style(style)), window, checkpoints, untold
            )
            done += 1
            progress(done / len(windows), f"{done} of {len(windows)} parts seen")
            return told

        seen = await finish_all((partial(look, window) for window in windows), _AT_ONCE)
        if len(untold) == len(spans):
            raise ProviderFailed(f"{SERVICE} gave no usable answer: {untold[0]}.", retryable=False)
        scenes = tuple(scene for told in seen for scene in told)
        return Sight(language=language, provider=self.name, draft=self.is_draft, scenes=scenes)

    async def _window(
        self,
        video: Path,
        uri: str,
        report: MediaReport,
        asked: tuple[str, ...],
        window: Sequence[Span],
        checkpoints: Checkpoints,
        untold: list[str],
    ) -> list[SceneSight]:
        """Describes the scenes, in the requested language and style. Scenes without a usable answer are left to the
        writer, with the reason in `untold`."""
        times = {str(number): pick_times(span, report) for number, span in enumerate(window)}
        stills: dict[int, bytes] = {}
        tracks = tracks_of(report)
        instruction = styled(_INSTRUCTION.format(language=asked[0]), "\n".join(asked[1:]))

        def key_of(ids: Sequence[str]) -> str:
            shown = [(window[int(id_)], times[id_]) for id_ in ids]
            of = (uri, report.size_bytes, tracks.picture)
            return f"chat-sight-{objects.hash_of(self.engine, *of, *asked, shown)}"

        async def ask(ids: Sequence[str]) -> Answers[SceneAnswer]:
            if not stills:
                wanted = sorted({at for each in times.values() for at in each})
                stills.update(await run_in_child(read_stills, video, wanted, _LONGEST_SIDE, tracks))
            shown: list[bytes] = []
            scenes = []
            unseen = []
            for id_ in ids:
                span, own = window[int(id_)], [stills[at] for at in times[id_] if at in stills]
                if not own:
                    unseen.append((id_, _unseen(id_)))
                    continue
                numbers = list(range(len(shown) + 1, len(shown) + len(own) + 1))
                shown += own
                bounds = {"start": span.start_ms / 1000, "end": span.end_ms / 1000}
                scenes.append({"id": id_, **bounds, "pictures": numbers})
            if not scenes:
                return unseen
            answers = await self._client.ask_json(
                instruction, json.dumps({"scenes": scenes}), shown, SceneAnswer
            )
            return unseen + [(answer.id, answer) for answer in answers]

        def give_up(id_: str, why: str) -> SceneAnswer:
            untold.append(why)
            note = f"{SERVICE} could not tell what is seen: {why}."
            return SceneAnswer(id=id_, description=None, on_screen_text=[], note=note, confidence=0)

        named = {
            str(number): f"the scene at {span.start_ms / 1000:.3f} s" for number, span in enumerate(window)
        }
        kept = KeptAnswers(checkpoints, _Answers, key_of)
        told = await complete(list(times), ask, SERVICE, named, kept, give_up)
        return [sight_of(span, told[str(number)]) for number, span in enumerate(window)]


def _unseen(id_: str) -> SceneAnswer:
    """For scenes without readable pictures: a model that sees nothing would invent something."""
    note = "None of its pictures could be read."
    return SceneAnswer(id=id_, description=None, on_screen_text=[], note=note, confidence=0)
