"""The script is composed part by part, each with what was told before it. What cannot be used gives way to the scenes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from activities.ports import Checkpoints, Progress, SceneSight, Sight, TextModel
from activities.running.by_id import Unusable
from activities.texts.script.asked import INSTRUCTION, ScriptAnswer, question
from activities.texts.script.by_rule import by_rule
from activities.texts.script.checked import checked
from activities.texts.script.model import BY_RULE, Script, ScriptLine
from activities.texts.script.names import Names
from activities.texts.script.repeats import Told
from activities.texts.script.rooms import Rooms, rooms_of
from activities.texts.told import styled
from schema import objects
from schema.contracts.media import MediaReport
from schema.errors import ProviderFailed
from schema.plan.model import Extend
from schema.vtt import Transcript
from schema.vtt.text import has_letters

_MOST_SCENES = 40
_MOST_MS = 10 * 60_000
_TIMES = 2
"""How often a part is asked for: the second time with what was wrong."""
_BEFORE = 40
"""So many of the last descriptions are shown with the next part."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the client wants it told, and what its pictures allow."""

    style: str = ""
    glossary: tuple[Mapping[str, str], ...] = ()
    extend: Extend = Extend.ALLOW


class _Kept(BaseModel):
    """An answer that was paid for, as it came; or why there was none to be read."""

    answers: list[ScriptAnswer] | None
    fault: str = ""


class Composition:
    """One programme's script while it is composed."""

    def __init__(self, sight: Sight, report: MediaReport, transcript: Transcript, wishes: Wishes) -> None:
        self._sight = sight
        self._transcript = transcript
        self._wishes = wishes
        self._rooms = Rooms(rooms_of(report, transcript), sight.language)
        self._names = Names(transcript, sight.scenes, sight.language)
        self._told = Told()
        self._lines: list[ScriptLine] = []
        self._notes: list[str] = []
        self._refused = False

    def by_rule(self) -> Script:
        """Without a model."""
        self._fall_back(self._sight.scenes)
        return Script(by=BY_RULE, lines=tuple(self._lines))

    async def by_model(self, model: TextModel, checkpoints: Checkpoints, progress: Progress) -> Script:
        """Each answer is kept, so that a crash repeats the one in flight at most. A part whose answer cannot be used is
        told as it was seen, and a note says why.

        Raises:
            ProviderFailed: the provider could not, and may later.
        """
        parts = list(_parts(self._sight.scenes))
        for number, part in enumerate(parts):
            progress(
                number / len(parts), f"{model.name} writes part {number + 1} of {len(parts)} of the script"
            )
            if any(_shows(scene) for scene in part.values()):
                await self._part(model, part, checkpoints)
            else:
                self._fall_back(part.values())
        progress(1.0, "The script is written")
        return Script(
            by=model.name, lines=tuple(self._lines), notes=tuple(self._notes), final=not self._refused
        )

    async def _part(self, model: TextModel, part: Mapping[str, SceneSight], checkpoints: Checkpoints) -> None:
        wrong: str | None = None
        for _ in range(_TIMES):
            rooms, told = self._rooms.copy(), self._told.copy()
            try:
                answers = await self._answers(model, part, wrong, checkpoints)
                lines = checked(answers, part, rooms, self._names, told, self._wishes.extend)
            except Unusable as error:
                wrong = str(error)
            except ProviderFailed as error:
                if error.retryable:
                    raise
                wrong, self._refused = error.message.rstrip("."), True
                break
            else:
                self._lines += lines
                self._rooms, self._told = rooms, told
                return
        first, last = next(iter(part)), [*part][-1]
        self._notes.append(
            f"The script of scenes {first[1:]} to {last[1:]} by {model.name} could not be used ({wrong}): they are told as "
            "they were seen."
        )
        self._fall_back(part.values())

    async def _answers(
        self, model: TextModel, part: Mapping[str, SceneSight], wrong: str | None, checkpoints: Checkpoints
    ) -> Sequence[ScriptAnswer]:
        instruction = styled(INSTRUCTION.format(language=self._sight.language), self._wishes.style)
        told = [(line.at_ms, line.description) for line in self._lines if line.description]
        asked = question(
            part,
            self._rooms,
            self._transcript,
            before=told[-_BEFORE:],
            named=dict.fromkeys(name for line in self._lines for name in line.names),
            glossary=self._wishes.glossary,
            pauses=self._wishes.extend is not Extend.NEVER,
            wrong=wrong,
        )
        key = f"script-{objects.hash_of(model.engine, instruction, asked)}"
        found = await checkpoints.get(key)
        if found is not None:
            kept = _Kept.model_validate_json(found)
        else:
            try:
                kept = _Kept(answers=await model.ask(instruction, asked, ScriptAnswer))
            except Unusable as error:
                kept = _Kept(answers=None, fault=str(error))
            await checkpoints.put(key, kept.model_dump_json().encode())
        if kept.answers is None:
            raise Unusable(kept.fault)
        return kept.answers

    def _fall_back(self, scenes: Iterable[SceneSight]) -> None:
        self._lines += by_rule([*scenes], self._rooms, self._names, self._told)


def _parts(scenes: Sequence[SceneSight]) -> Iterator[dict[str, SceneSight]]:
    """Neighbouring scenes by their ids."""
    part: dict[str, SceneSight] = {}
    for number, scene in enumerate(scenes, 1):
        begun = next(iter(part.values()), None)
        if begun and (len(part) == _MOST_SCENES or scene.end_ms - begun.start_ms > _MOST_MS):
            yield part
            part = {}
        part[f"s{number}"] = scene
    if part:
        yield part


def _shows(scene: SceneSight) -> bool:
    """Whether there is anything to tell of it."""
    return has_letters(scene.description or "") or bool(scene.on_screen_text)
