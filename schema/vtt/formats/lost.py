"""What a format cannot hold of a text, told by cue, or by line where it is of no cue."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schema.vtt.colors import color_of, color_styles
from schema.vtt.cues import Cue, Document, Note, Style
from schema.vtt.markup import Token, dashed, tokens, voices

_PLACED = frozenset({"", "0", "0%", "50%", "-1", "100%"})
"""Lines that top, middle and bottom are exactly."""
_TAGS = {
    "i": "italics",
    "b": "bold",
    "u": "underlining",
    "lang": "a change of language",
    "ruby": "ruby (its readings stand in parentheses)",
}
_OWN_RULE = re.compile(r"::cue\(\.(color-[^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Lost:
    """What of a cue the format cannot hold. `cue` counts from 1, and is None for a block that is no cue; `line` is where
    the block begins in the file that it was read from."""

    cue: int | None
    message: str
    cue_id: str = ""
    line: int | None = None
    words: bool = False
    """Whether it is of the text itself: a sign that there is none for, or what was cut."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and what is not in it as it was."""

    content: bytes
    lost: tuple[Lost, ...] = ()

    @property
    def text(self) -> str:
        """Of a file that is text."""
        return self.content.decode()


@dataclass(frozen=True, slots=True)
class Holds:
    """What a format has a place for."""

    name: str
    tags: frozenset[str]
    """Of `i`, `b`, `u`, `lang`, `v` and `ruby`."""
    settings: frozenset[str]
    """By their names. A `line` is held as top, middle or bottom."""
    color: Callable[[str], bool]
    """Whether the colour that a class stands for is held."""
    notes: bool = False
    overlap: bool = False
    """Whether two cues may be shown at once."""


def unheld(document: Document, holds: Holds) -> list[Lost]:
    """What is lost of a document in a format that holds so much, in the order of its blocks. That speakers become a
    part of the text is told once, at the first."""
    document = document.in_order()
    lost: list[Lost] = []
    if document.header.strip():
        lost.append(Lost(None, "the header was left out", line=1))
    number, latest, told = 0, (0, 0), "v" in holds.tags
    for block in document.blocks:
        if not isinstance(block, Cue):
            held = (
                holds.notes if isinstance(block, Note) else isinstance(block, Style) and _only_colors(block)
            )
            if not held:
                lost.append(
                    Lost(None, f"a {type(block).__name__.upper()} block was left out", line=block.line)
                )
            continue
        number += 1
        messages = [f"{what} was left out" for what in _unheld_of(block, holds)]
        line = block.setting.get("line", "").split(",")[0]
        if "line" in holds.settings and line not in _PLACED:
            messages.append(f"line:{line} became the {block.place} of the picture")
        if not told and voices(block.text):
            messages.append(f"{holds.name} has no voices: speakers are named in the text where they change")
            told = True
        if not holds.overlap and block.start_ms < latest[0]:
            messages.append(
                f"it is shown while cue {latest[1]} still is, which {holds.name} has no place for"
            )
        latest = max(latest, (block.end_ms, number))
        lost += [lost_of(number, block, message) for message in messages]
    return lost


def lost_of(number: int, cue: Cue, message: str, *, words: bool = False) -> Lost:
    return Lost(number, message, cue.id, cue.line, words)


def _unheld_of(cue: Cue, holds: Holds) -> Iterator[str]:
    """Each thing once."""
    found = [token for token in tokens(dashed(cue.text)) if token.kind in ("start", "time")]
    told = dict.fromkeys(what for token in found for what in _unheld_by(token, holds))
    yield from told
    for name, value in cue.setting.items():
        if name not in holds.settings and (name, value) != ("align", "center"):
            yield f"{name}:{value}"


def _unheld_by(token: Token, holds: Holds) -> Iterator[str]:
    if token.kind == "time":
        yield "a time within the text"
    elif token.name in _TAGS and token.name not in holds.tags:
        yield _TAGS[token.name]
    if token.kind == "start":
        for name in token.classes:
            color = color_of(name.removeprefix("bg_")) is not None
            if not (token.name == "c" and color and holds.color(name)):
                yield f"the colour {name}" if color else f"the class {name}"


def _only_colors(style: Style) -> bool:
    """Whether a STYLE says only what colours the classes that are named by them have."""
    return [style.text] == [own.text for own in color_styles(_OWN_RULE.findall(style.text))]
