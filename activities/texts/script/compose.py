"""Composes the script part by part, each with the previous descriptions. Scenes whose answers are unusable are
described as observed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
"""How often a part is requested; the second time with the errors."""
_TOLD = 5
"""How many errors of an answer the writer is told."""
_BEFORE = 40
"""How many previous descriptions are shown with the next part."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The client's style, and whether the picture may be held."""

    style: str = ""
    glossary: tuple[Mapping[str, str], ...] = ()
    extend: Extend = Extend.ALLOW


class _Kept(BaseModel):
    """A stored answer; or why there was none."""

    answers: list[ScriptAnswer] | None
    fault: str = ""


class _Checked(NamedTuple):
    """What became of an answer: its lines, what was wrong by scene, and what is told and where, with it."""

    lines: list[ScriptLine]
    wrong: dict[str, str]
    rooms: Rooms
    told: Told


class Composition:
    """The script of one programme while it is composed."""

    def __init__(self, sight: Sight, report: MediaReport, transcript: Transcript, wishes: Wishes) -> None:
        self._sight = sight
        self._transcript = transcript
        self._wishes = wishes
        self._rooms = Rooms(rooms_of(report, transcript), sight.language, wishes.extend)
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
        """Each answer is kept, so that a crash repeats the one in flight at most. What cannot be used of them is told
        as it was seen, and a note says why.

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
        """The answer with the fewest errors."""
        best: _Checked | None = None
        why = ""
        for _ in range(_TIMES):
            rooms, told = self._rooms.copy(), self._told.copy()
            try:
                answers = await self._answers(model, part, why, checkpoints)
                lines, wrong = checked(answers, part, rooms, self._names, told)
            except Unusable as error:
                why = str(error)
                continue
            except ProviderFailed as error:
                if error.retryable:
                    raise
                why, self._refused = error.message.rstrip("."), True
                break
            if best is None or len(wrong) < len(best.wrong):
                best = _Checked(lines, wrong, rooms, told)
            if not wrong:
                break
            why = "; ".join(wrong.values())
        if best is None:
            first, *_, last = (*part, *part)
            self._tell(model, f"scenes {_number(first)} to {_number(last)}", why)
            self._fall_back(part.values())
            return
        if best.wrong:
            what = f"scene{'s' if len(best.wrong) > 1 else ''} {', '.join(map(_number, best.wrong))}"
            self._tell(model, what, "; ".join([*best.wrong.values()][:_TOLD]))
        self._add(best.lines)
        self._rooms, self._told = best.rooms, best.told

    def _tell(self, model: TextModel, what: str, why: str) -> None:
        """Notes for the writer, about scenes whose answers could not be used."""
        self._notes.append(
            f"The script of {what} by {model.name} could not be used ({why}): told as it was seen."
        )

    async def _answers(
        self, model: TextModel, part: Mapping[str, SceneSight], why: str, checkpoints: Checkpoints
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
            wrong=why or None,
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
        self._add(by_rule([*scenes], self._rooms, self._names, self._told))

    def _add(self, lines: Iterable[ScriptLine]) -> None:
        """A scene's description begins no earlier than the one before it."""
        last = max((line.at_ms for line in self._lines if line.description), default=0)
        for line in lines:
            if line.description:
                last = max(last, line.at_ms)
                line = line.model_copy(update={"at_ms": last})
            self._lines.append(line)


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


def _number(id_: str) -> str:
    """The number of a scene, for people."""
    return id_.removeprefix("s")


def _shows(scene: SceneSight) -> bool:
    """Whether there is anything to describe in it."""
    return has_letters(scene.description or "") or bool(scene.on_screen_text)
