"""Validates answers and turns them into lines, or rejects them. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from activities.ports import SceneSight
from activities.running.by_id import Unusable, exactly
from activities.texts.script.asked import MOST_HELD_WORDS, ScriptAnswer
from activities.texts.script.by_rule import by_rule
from activities.texts.script.model import ScriptLine
from activities.texts.script.names import Names
from activities.texts.script.repeats import Told
from activities.texts.script.rooms import Rooms
from activities.texts.told import sentence_of
from schema.plan.estimate import count_words
from schema.plan.model import Extend
from schema.vtt import escape
from schema.vtt.text import has_letters, one_line

_MAY_COME_EARLY = "who may have no name yet where it is heard: there is a gap shortly before the name"
_LEFT_OUT = "The script leaves it out."


def checked(
    answers: Sequence[ScriptAnswer],
    scenes: Mapping[str, SceneSight],
    rooms: Rooms,
    names: Names,
    told: Told,
) -> tuple[list[ScriptLine], dict[str, str]]:
    """A line for each of `scenes`, in order, and by the ids of scenes what was wrong with their answers: those are told
    as they were seen. `rooms` and `told` hold what came before, and then these too.

    Raises:
        Unusable: an id is missing, extra or doubled.
    """
    by_id = exactly([*scenes], [(answer.id, answer) for answer in answers])
    lines: list[ScriptLine] = []
    wrong: dict[str, str] = {}
    for id_, scene in scenes.items():
        try:
            lines.append(_line(by_id[id_], scene, rooms, names, told))
        except Unusable as error:
            wrong[id_] = str(error)
            lines += by_rule([scene], rooms, names, told)
    return lines, wrong


def _line(answer: ScriptAnswer, scene: SceneSight, rooms: Rooms, names: Names, told: Told) -> ScriptLine:
    """
    Raises:
        Unusable: the gap is not the scene's, or what is told was not seen, was told before, names somebody too early,
            or is too long.
    """
    description = sentence_of(answer.description)
    remarks = tuple(filter(None, (one_line(answer.note or ""),)))
    if not has_letters(description):
        seen = scene.description if has_letters(scene.description or "") else None
        return ScriptLine(at_ms=scene.start_ms, remarks=(_LEFT_OUT, *remarks) if seen else remarks, seen=seen)
    if not (has_letters(scene.description or "") or scene.on_screen_text):
        raise Unusable(f"scene {answer.id} is told, and nobody saw what is in it")
    if told.has(description):
        raise Unusable(f"scene {answer.id} tells what was told before")
    tried = rooms.copy()
    at_ms = _begins(answer, description, scene, tried)
    for moment, why in (
        (at_ms, "who has no name yet"),
        (rooms.earliest(at_ms, description), _MAY_COME_EARLY),
    ):
        early = names.too_early(description, moment, answer.names, scene.description or "")
        if early is not None:
            raise Unusable(f"scene {answer.id} names {early}, {why}")
    rooms.follow(tried)
    told.add(description)
    proposes = "Worth a pause, as the script has it." if answer.pause else None
    of_rules = tuple(filter(None, (proposes, names.remark(description, at_ms))))
    return ScriptLine(
        description=description,
        at_ms=at_ms,
        remarks=(*of_rules, *remarks),
        names=tuple(name for name in answer.names if name in description),
    )


def _begins(answer: ScriptAnswer, text: str, scene: SceneSight, rooms: Rooms) -> int:
    """Where a description would begin best."""
    reached = {room.id: room for room in rooms.reached(scene.start_ms, scene.end_ms)}
    if answer.gap is not None and answer.gap not in reached:
        raise Unusable(f"gap {answer.gap} is none of scene {answer.id}")
    if answer.pause and rooms.extend is Extend.NEVER:
        raise Unusable(f"scene {answer.id} wants a pause, and there is none to be had")
    if answer.gap is not None:
        room = reached[answer.gap]
        begin = rooms.begin(room, text, scene.start_ms, scene.end_ms)
        if begin is not None:
            rooms.take(room, text, begin)
            return begin
    elif not answer.pause:
        found = rooms.find(text, scene.start_ms, scene.end_ms)
        if found is not None:
            rooms.take(found[0], text, found[1])
            return found[1]
    if not (answer.pause or rooms.extend is Extend.ALWAYS):
        where = f"gap {answer.gap}" if answer.gap is not None else "any of its gaps"
        raise Unusable(f"scene {answer.id} is too long for {where}")
    if count_words(escape(text), rooms.language) > MOST_HELD_WORDS:
        raise Unusable(f"scene {answer.id} is too long for a pause")
    return scene.start_ms
