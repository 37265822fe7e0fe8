"""Scenes in questions to a model, and its answers; the same for every model."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from activities.media.probing.frames import scenes_of
from activities.ports import SceneSight
from activities.texts.material import MATERIAL
from schema.contracts.media import MediaReport, Span
from schema.vtt.text import one_line

_LONGEST_MS = 120_000

HOW_TO_TELL = (
    """\
Answer with one object for each scene, in order, with the same id.
`description`: what is seen that the sound does not tell: who, what they do, where, what changes. Present tense, \
active voice, third person; one or two short sentences; no camera terms, no guesses at feelings, motives or names that \
were not shown or said; nothing that earlier scenes told. null where you cannot tell what is seen, or where nothing \
needs describing.
`on_screen_text`: every text that can be read, as it stands; else an empty list.
`note`: for the writer, what you were unsure of; else null.
`confidence`: 0 to 1, how sure you are of the description.
"""
    + MATERIAL
)


def asked_style(style: str) -> tuple[str, ...]:
    """The style guide; nothing if there is none, so that earlier paid answers are found."""
    return (style,) if style.strip() else ()


def styled(instruction: str, style: str) -> str:
    """The instruction with the client's style guide, which it takes precedence over."""
    if not asked_style(style):
        return instruction
    return (
        f"{instruction}\n\nThe client asks for this style of writing. Follow it where it does not contradict the above:\n"
        f"{style}"
    )


_NOTHING = frozenset({"", "null", "none", "n/a", "nil"})


def _unsaid(said: Any) -> Any:
    """Some models write out that there is nothing."""
    return None if isinstance(said, str) and said.strip(" \n.\"'").lower() in _NOTHING else said


def _share(said: Any) -> Any:
    """A number beyond the bounds, which not every server holds its model to."""
    return min(max(said, 0), 1) if isinstance(said, int | float) else said


Unsaid = Annotated[str | None, BeforeValidator(_unsaid)]
Listed = Annotated[list[str], BeforeValidator(lambda said: [] if said is None else said)]
Flag = Annotated[bool, BeforeValidator(lambda said: False if said is None else said)]
Sureness = Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)]


class Answer(BaseModel):
    """An answer about one item, by its id, which some models write as a number."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str


class SceneAnswer(Answer):
    """Of one scene, by its id."""

    description: Unsaid
    on_screen_text: Listed
    note: Unsaid
    confidence: Sureness


def spans_of(report: MediaReport) -> list[Span]:
    """The scenes, long takes in equal parts, for more than one thing happens in them."""
    spans: list[Span] = []
    for scene in scenes_of(report):
        length = scene.end_ms - scene.start_ms
        parts = -(-length // _LONGEST_MS)
        edges = [scene.start_ms + length * part // parts for part in range(parts + 1)]
        spans += [Span(start_ms=start, end_ms=end) for start, end in pairwise(edges)]
    return spans


_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3}|`)(?=\S)(.{1,300}?)(?<=\S)\1(?![\w*])")
_BULLET = re.compile(r"^(?:[-*•]|#{1,6})\s+")


def sentence_of(said: str | None) -> str:
    """A description on one line, without the marks of Markdown, which a voice would spell out."""
    return _EMPHASIS.sub(r"\2", _BULLET.sub("", one_line(said or "")))


def sight_of(span: Span, answer: SceneAnswer) -> SceneSight:
    """What was told of `span`, its texts on one line each."""
    description = sentence_of(answer.description) or None
    return SceneSight(
        start_ms=span.start_ms,
        end_ms=span.end_ms,
        description=description,
        on_screen_text=tuple(text for text in map(one_line, answer.on_screen_text) if text),
        note=answer.note or None,
        confidence=answer.confidence,
    )
