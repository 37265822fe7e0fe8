"""The question to a model about a part of the script, and the format of its answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from activities.ports import SceneSight
from activities.texts.material import MATERIAL
from activities.texts.script.rooms import Rooms
from activities.texts.told import Answer, Flag, Listed, Unsaid
from schema.vtt import Transcript, Word
from schema.vtt.sentences import ends_sentence
from schema.vtt.text import joint

REVISION = 2
"""Raised when the same programme would be asked about otherwise."""
MOST_HELD_WORDS = 40
"""Of a description for which the picture is held."""
_AROUND_MS = 30_000
"""So much of what is said before and after a part is shown with it."""
_TURN_MS = 15_000
_PAUSE_MS = 1_500

INSTRUCTION = (
    """\
You write the script of a video's audio description, for blind and low-vision people, in {language} (BCP 47), out of \
what was seen of its scenes. You do not see the video: tell nothing that is not in what was seen.
The user gives JSON. `scenes`: an id, start and end in seconds, what was `seen`, the `on_screen_text`, what was \
`unsure`, and `gaps`, the ids of the silences in which it may be told. `gaps`: an id, start and end, and how many \
`words` fit into all of it. `speech`: what is said, from when on, and by whom where that is known. `before`: what the \
script has told already. `named`: the names that it has used. `glossary`: terms, to be written so. `pauses`: whether \
the picture may be held for a description. `wrong`, where it is there: why your last answer could not be used.
Answer with one object for each scene, in order, with the same id.
`description`: what is told of the scene, as it is spoken: present tense, active voice, third person, no camera terms, \
no guesses. null where nothing needs telling: where the speech tells it, where it was told before, or where others \
matter more and there is little room. Never tell the same twice.
`gap`: the id of that of the scene's gaps in which it is told, with no more words than fit, together with all else that \
is told there; else null.
`pause`: true where it fits no gap, and is worth holding the picture for: only what the video is not understood \
without, in at most """
    + str(MOST_HELD_WORDS)
    + """ words, and never where `pauses` is false. Else false.
`names`: the names of people in the description, each as it stands there. A person has a name from where it is said in \
`speech` or stands in `on_screen_text`; before that, say what they look like, always in the same way, and once they \
have a name, use it.
`note`: for the writer who goes over the script, what you left out that may matter; else null.
"""
    + MATERIAL
)


def _absent(default: Any) -> Any:
    """A field that may be left out. Gemini's schemas know no defaults."""
    return Field(default=default, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class ScriptAnswer(Answer):
    """Of one scene, by its id."""

    description: Unsaid
    gap: Unsaid = _absent(None)
    pause: Flag = _absent(False)
    names: Listed = _absent([])
    note: Unsaid = _absent(None)


def question(
    scenes: Mapping[str, SceneSight],
    rooms: Rooms,
    transcript: Transcript,
    *,
    before: Iterable[tuple[int, str]],
    named: Iterable[str],
    glossary: Sequence[Mapping[str, str]],
    pauses: bool,
    wrong: str | None,
) -> str:
    """As JSON. `before` are descriptions with their times in milliseconds."""
    first, last = next(iter(scenes.values())).start_ms, [*scenes.values()][-1].end_ms
    near = {
        id_: [room.id for room in rooms.reached(scene.start_ms, scene.end_ms)]
        for id_, scene in scenes.items()
    }
    reached = {room for ids in near.values() for room in ids}
    asked = {
        "scenes": [_scene(id_, scene, near[id_]) for id_, scene in scenes.items()],
        "gaps": [
            {"id": room.id, "start": _s(room.start_ms), "end": _s(room.end_ms), "words": room.words}
            for room in rooms.all
            if room.id in reached
        ],
        "speech": list(_speech(transcript, first - _AROUND_MS, last + _AROUND_MS)),
        "before": [{"at": _s(at_ms), "description": said} for at_ms, said in before],
        "named": list(named),
        "glossary": list(glossary),
        "pauses": pauses,
        **({"wrong": wrong} if wrong else {}),
    }
    return json.dumps(asked, ensure_ascii=False)


def _scene(id_: str, scene: SceneSight, gaps: Sequence[str]) -> dict[str, object]:
    told = {"seen": scene.description, "on_screen_text": scene.on_screen_text, "unsure": scene.note}
    bounds = {"id": id_, "start": _s(scene.start_ms), "end": _s(scene.end_ms)}
    return bounds | {key: value for key, value in told.items() if value} | {"gaps": gaps}


def _speech(transcript: Transcript, from_ms: int, until_ms: int) -> Iterator[dict[str, object]]:
    """What is said, a sentence or a turn at a time."""
    turn: list[Word] = []
    for word in transcript.words:
        if word.end_ms < from_ms or word.start_ms > until_ms:
            continue
        if turn and _ends(turn, word, transcript.language):
            yield _turn(turn, transcript.language)
            turn = []
        turn.append(word)
    if turn:
        yield _turn(turn, transcript.language)


def _ends(turn: Sequence[Word], word: Word, language: str) -> bool:
    last = turn[-1]
    apart = word.speaker != last.speaker or word.start_ms - last.end_ms > _PAUSE_MS
    long = word.end_ms - turn[0].start_ms > _TURN_MS
    return apart or long or ends_sentence(last.text, language, word.text)


def _turn(turn: Sequence[Word], language: str) -> dict[str, object]:
    text = turn[0].text
    for word in turn[1:]:
        text += joint(text, word.text, language) + word.text
    who = {"speaker": turn[0].speaker} if turn[0].speaker else {}
    return {"at": _s(turn[0].start_ms), **who, "text": text}


def _s(ms: int) -> float:
    return round(ms / 1000, 2)
