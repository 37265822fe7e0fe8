"""A programme of a minute, and models that answer as they are told, through each provider's own double."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from activities.chat.client import ChatClient
from activities.chat.text_model import ChatText
from activities.google.text_model import GeminiText
from activities.ports import SceneSight, Sight, TextModel
from activities.texts.script.compose import Composition, Wishes
from activities.texts.script.model import Script
from deploy.local.google.gemini import FakeGemini
from schema.vtt import Transcript, Word
from tests.activities.contract.support import GEMINI, Kept, Told
from tests.factories import media_report
from tests.fakes.openai_chat import KEY, FakeChat

SECONDS = 60
Json = dict[str, Any]


@dataclass
class Scripted:
    """`say` is given a question, and what was asked before it, and says what the model writes."""

    say: Callable[[Json], Any]
    asked: list[Json] = field(default_factory=list)
    instructions: list[str] = field(default_factory=list)

    def _told(self, instruction: str, question: Json) -> Any:
        self.instructions.append(instruction)
        self.asked.append(question)
        return self.say(question)

    @asynccontextmanager
    async def gemini(self) -> AsyncIterator[TextModel]:
        async with FakeGemini(answer=self._told).client() as client:
            yield GeminiText(client, GEMINI)

    @asynccontextmanager
    async def chat(self) -> AsyncIterator[TextModel]:
        fake: FakeChat

        def told(question: Json) -> str:
            answer = self._told(fake.asked[-1]["messages"][0]["content"], question)
            return answer if isinstance(answer, str) else json.dumps({"answers": answer})

        fake = FakeChat(told)
        async with fake.serving() as url:
            yield ChatText(ChatClient(url, "a-model", KEY))


async def composed(
    scripted: Scripted,
    by: str,
    sight: Sight,
    words: tuple[Word, ...] = (),
    wishes: Wishes | None = None,
    kept: Kept | None = None,
) -> Script:
    """By the provider `by`."""
    composition = Composition(sight, REPORT, spoken(*words), wishes or Wishes())
    async with getattr(scripted, by)() as model:
        return await composition.by_model(model, kept or Kept(), Told())


REPORT = media_report(10, 20, 30, 40, 50, seconds=SECONDS)


def sight(*descriptions: str | None, **more: Any) -> Sight:
    """Scenes of ten seconds each; nothing is seen in those that are not said."""
    told = [*descriptions, *[None] * (6 - len(descriptions))]
    scenes = tuple(
        SceneSight(start_ms=n * 10_000, end_ms=(n + 1) * 10_000, description=said, **more)
        for n, said in enumerate(told)
    )
    return Sight(language="en", provider="an eye", draft=True, scenes=scenes)


def spoken(*words: Word) -> Transcript:
    return Transcript(language="en", provider="an ear", words=words, punctuated=True)


def word(text: str, start_s: float, end_s: float | None = None, speaker: str | None = None) -> Word:
    end = end_s if end_s is not None else start_s + 0.4
    return Word(text=text, start_ms=int(start_s * 1000), end_ms=int(end * 1000), speaker=speaker)


def answers(question: Json, **told: Any) -> list[Json]:
    """An answer a scene, in the first of its gaps: as it was seen, but for those that are `told`: a description, or
    whole fields."""
    made: list[Json] = []
    for scene in question["scenes"]:
        gap = next(iter(scene["gaps"]), None)
        description = scene.get("seen")
        answer = {
            "id": scene["id"],
            "description": description,
            "gap": gap,
            "pause": False,
            "names": [],
            "note": None,
        }
        said = told.get(scene["id"], {})
        answer |= said if isinstance(said, dict) else {"description": said}
        made.append(answer if answer["description"] else answer | {"gap": None})
    return made


def descriptions(script: Script) -> list[str | None]:
    return [line.description for line in script.lines]
