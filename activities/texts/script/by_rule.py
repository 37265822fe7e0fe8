"""The script without a model: the scenes as they were seen, without what was told before, and cut to their room."""

from __future__ import annotations

from collections.abc import Sequence

from activities.ports import SceneSight
from activities.texts.script.model import ScriptLine
from activities.texts.script.names import Names
from activities.texts.script.repeats import Told
from activities.texts.script.rooms import Rooms
from schema.plan.model import Extend
from schema.vtt.sentences import split_sentences
from schema.vtt.text import has_letters, one_line


def by_rule(scenes: Sequence[SceneSight], rooms: Rooms, names: Names, told: Told) -> list[ScriptLine]:
    """A line a scene. What is left out is told to the writer; `rooms` and `told` hold what came before, and then
    these too."""
    return [_line(scene, rooms, names, told) for scene in scenes]


def _line(scene: SceneSight, rooms: Rooms, names: Names, told: Told) -> ScriptLine:
    seen = one_line(scene.description or "")
    at_ms = scene.start_ms
    if not has_letters(seen):
        return ScriptLine(at_ms=at_ms)
    if told.has(seen):
        return ScriptLine(at_ms=at_ms, seen=seen, remarks=("It was told before.",))
    told.add(seen)
    description, remarks = _fitted(seen, scene, rooms)
    if early := names.remark(description, at_ms):
        remarks.append(early)
    return ScriptLine(description=description, at_ms=at_ms, remarks=tuple(remarks))


def _fitted(seen: str, scene: SceneSight, rooms: Rooms) -> tuple[str, list[str]]:
    """As many of its sentences as a silence near it has room for; all of them where there is none even for the first,
    for the plan then finds a pause, or says that there is none. The other is for the writer: what was cut."""
    if rooms.extend is Extend.ALWAYS:
        return seen, []
    sentences = split_sentences(seen, rooms.language)
    for count in range(len(sentences), 0, -1):
        text = seen if count == len(sentences) else " ".join(sentences[:count])
        found = rooms.find(text, scene.start_ms, scene.end_ms)
        if found is not None:
            rooms.take(found[0], text, found[1])
            cut = " ".join(sentences[count:])
            return text, [f"Left out, for want of room: {cut}"] if cut else []
    return seen, []
